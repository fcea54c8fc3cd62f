//! Gray pages into a TIFF.

use std::cell::RefCell;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::rc::Rc;

use ::tiff::encoder::colortype::{ColorType, Gray8, Gray16};
use ::tiff::encoder::compression::DeflateLevel;
use ::tiff::encoder::{Compression, ImageEncoder, Predictor, TiffEncoder, TiffKindStandard, TiffValue};
use ::tiff::tags::{
    ByteOrder, CompressionMethod, ExtraSamples, PhotometricInterpretation, SampleFormat, Tag, Type,
    ValueBuffer,
};
use ::tiff::{TiffError, TiffResult};

use super::page::{Page, Reader};
use crate::encoded::Encoded;
use crate::gray::Gray;
use crate::{Error, Format};

/// Horizontal and vertical resolution and its unit, orientation, position and page number, and whether the page is
/// a smaller copy of another: they say how the page is placed, and are kept even when metadata is stripped.
const PLACE: [u16; 8] = [282, 283, 296, 274, 286, 287, 297, 254];

/// Document name, description, maker, model, page name, software, date, artist, host computer, copyright, XMP and
/// IPTC: true of the gray page as well.
pub(super) const TEXTS: [u16; 12] = [269, 270, 271, 272, 285, 305, 306, 315, 316, 33_432, 700, 33_723];

/// Writes gray pages one after another.
pub(super) struct PageWriter {
    /// `Some` between calls: changing the encoder's settings moves it.
    encoder: Option<TiffEncoder<SharedBuffer>>,
    output: SharedBuffer,
}

impl PageWriter {
    pub(super) fn new() -> TiffResult<Self> {
        let output = SharedBuffer::default();
        Ok(Self {
            encoder: Some(TiffEncoder::new(output.clone())?),
            output,
        })
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> u64 {
        self.output.0.borrow().get_ref().len() as u64
    }

    /// Writes a page, with those tags of the reader's current page that are kept.
    pub(super) fn write(&mut self, reader: &mut Reader<'_>, page: &Page, strip: bool) -> Result<(), Error> {
        let method = reader.find_tag_unsigned::<u16>(Tag::Compression).ok().flatten();
        let compression = match method.and_then(CompressionMethod::from_u16) {
            None | Some(CompressionMethod::None) => Compression::Uncompressed,
            Some(CompressionMethod::LZW) => Compression::Lzw,
            Some(CompressionMethod::PackBits) => Compression::Packbits,
            // What the encoder does not know: fax codes and JPEG.
            Some(_) => Compression::Deflate(DeflateLevel::default()),
        };
        let texts: &[u16] = if strip { &[] } else { &TEXTS };
        let mut kept = Vec::new();
        for tag in PLACE.iter().chain(texts) {
            let tag = Tag::from_u16_exhaustive(*tag);
            let mut value = ValueBuffer::empty(Type::BYTE);
            // A tag that cannot be read is no reason to refuse the image.
            if let Ok(Some(_)) = reader.image_ifd().find_tag_buf(tag, &mut value) {
                value.set_byte_order(ByteOrder::native());
                kept.push((tag, value));
            }
        }
        self.page(page, compression, &kept).map_err(refusal)
    }

    fn page(&mut self, page: &Page, compression: Compression, kept: &[(Tag, ValueBuffer)]) -> TiffResult<()> {
        let differences = matches!(compression, Compression::Lzw | Compression::Deflate(_));
        let predictor = if differences {
            Predictor::Horizontal
        } else {
            Predictor::None
        };
        let encoder = self.encoder.take().expect("the encoder was put back");
        let encoder = self
            .encoder
            .insert(encoder.with_compression(compression).with_predictor(predictor));
        match &page.gray {
            Gray::L8(image) => write_samples::<Gray8>(encoder, image.dimensions(), image, page, kept),
            Gray::L16(image) => write_samples::<Gray16>(encoder, image.dimensions(), image, page, kept),
            Gray::La8(image) => {
                write_samples::<GrayAlpha<u8>>(encoder, image.dimensions(), image, page, kept)
            }
            Gray::La16(image) => {
                write_samples::<GrayAlpha<u16>>(encoder, image.dimensions(), image, page, kept)
            }
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        drop(self.encoder);
        self.output.0.take().into_inner()
    }
}

/// Writes a still gray image as a TIFF of one page, LZW-compressed, which every reader knows.
pub(crate) fn encode(gray: Gray) -> Result<Encoded, Error> {
    let bit_depth = gray.bit_depth();
    let mut writer = PageWriter::new().map_err(refusal)?;
    let page = Page {
        gray,
        alpha: ExtraSamples::UnassociatedAlpha,
    };
    writer.page(&page, Compression::Lzw, &[]).map_err(refusal)?;
    Ok(Encoded {
        bytes: writer.finish(),
        bit_depth,
    })
}

fn write_samples<Color: ColorType>(
    encoder: &mut TiffEncoder<SharedBuffer>,
    (width, height): (u32, u32),
    samples: &[Color::Inner],
    page: &Page,
    kept: &[(Tag, ValueBuffer)],
) -> TiffResult<()>
where
    [Color::Inner]: TiffValue,
{
    let mut image: ImageEncoder<'_, _, Color, TiffKindStandard> =
        encoder.new_image::<Color>(width, height)?;
    for (tag, value) in kept {
        image.encoder().write_tag_buf(*tag, value)?;
    }
    if Color::BITS_PER_SAMPLE.len() == 2 {
        image
            .encoder()
            .write_tag(Tag::ExtraSamples, page.alpha.to_u16())?;
    }
    image.write_data(samples)
}

fn refusal(error: TiffError) -> Error {
    Error::encode(Format::Tiff, error)
}

/// A buffer that both the encoder and this module can read.
#[derive(Clone, Default)]
struct SharedBuffer(Rc<RefCell<Cursor<Vec<u8>>>>);

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for SharedBuffer {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.0.borrow_mut().seek(position)
    }
}

/// Gray and alpha, a pair that the codec has no type for.
struct GrayAlpha<Sample>(PhantomData<Sample>);

impl ColorType for GrayAlpha<u8> {
    type Inner = u8;
    const TIFF_VALUE: PhotometricInterpretation = PhotometricInterpretation::BlackIsZero;
    const BITS_PER_SAMPLE: &'static [u16] = &[8, 8];
    const SAMPLE_FORMAT: &'static [SampleFormat] = &[SampleFormat::Uint; 2];

    fn horizontal_predict(row: &[u8], result: &mut Vec<u8>) {
        result.extend_from_slice(&row[..row.len().min(2)]);
        result.extend(
            row.iter()
                .zip(row.iter().skip(2))
                .map(|(left, here)| here.wrapping_sub(*left)),
        );
    }
}

impl ColorType for GrayAlpha<u16> {
    type Inner = u16;
    const TIFF_VALUE: PhotometricInterpretation = PhotometricInterpretation::BlackIsZero;
    const BITS_PER_SAMPLE: &'static [u16] = &[16, 16];
    const SAMPLE_FORMAT: &'static [SampleFormat] = &[SampleFormat::Uint; 2];

    fn horizontal_predict(row: &[u16], result: &mut Vec<u16>) {
        result.extend_from_slice(&row[..row.len().min(2)]);
        result.extend(
            row.iter()
                .zip(row.iter().skip(2))
                .map(|(left, here)| here.wrapping_sub(*left)),
        );
    }
}
