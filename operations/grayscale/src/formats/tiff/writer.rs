//! Gray pages into a TIFF: classic, in strips, in either byte order, since the tags that are kept come as they are.

use jpeg_luma::ifd::{Directory, LONG, SHORT};

use super::compressor::{Compression, Compressor};
use super::file::{
    BITS, BLACK_IS_ZERO, COMPRESSION, EXTRA_SAMPLES, File, HEIGHT, PHOTOMETRIC, SAMPLES, STRIP_BYTES,
    STRIP_OFFSETS, WIDTH,
};
use super::grid::ROWS_PER_STRIP;
use super::layout::Layout;
use super::predictor;
use super::samples::Sample;
use super::tags::PREDICTOR;
use crate::encoded::Encoded;
use crate::gray::Gray;
use crate::{Error, Format, cancel};

/// Horizontal and vertical resolution and its unit, orientation, position and page number, and whether the page is
/// a smaller copy of another: they say how the page is placed, and are kept even when metadata is stripped.
const PLACE: [u16; 8] = [282, 283, 296, 274, 286, 287, 297, 254];

/// Document name, description, maker, model, page name, software, date, artist, host computer, copyright, XMP and
/// IPTC: true of the gray page as well.
pub(super) const TEXTS: [u16; 12] = [269, 270, 271, 272, 285, 305, 306, 315, 316, 33_432, 700, 33_723];

/// Bytes of a strip before it is compressed, or one row where that has more: enough for the compression to learn in, and
/// few enough that readers need little memory.
const STRIP: usize = 1 << 18;

/// The last type of a value in a classic TIFF: an offset.
const LAST_CLASSIC_TYPE: u16 = 13;

/// A tag with its values, in the byte order of the file.
struct Tag {
    number: u16,
    kind: u16,
    count: u32,
    values: Vec<u8>,
}

/// What a gray page is like.
pub(super) struct Page {
    width: u32,
    height: u32,
    channels: usize,
    sample_bytes: usize,
    /// Whether the gray is multiplied by alpha; `None` without alpha.
    associated: Option<bool>,
    compression: Compression,
    kept: Vec<Tag>,
}

impl Page {
    /// The gray page of a page with this layout, with those of its tags that are kept.
    pub(super) fn of(file: &File<'_>, directory: &Directory, layout: &Layout, strip: bool) -> Self {
        let texts: &[u16] = if strip { &[] } else { &TEXTS };
        let tags = PLACE.iter().chain(texts);
        // A tag that cannot be read is no reason to refuse the image.
        let kept = tags.filter_map(|tag| {
            let entry = file.tiff.entry(directory, *tag)?;
            (1..=LAST_CLASSIC_TYPE).contains(&entry.kind).then_some(())?;
            Some(Tag {
                number: *tag,
                kind: entry.kind,
                count: u32::try_from(entry.count).ok()?,
                values: file.tiff.bytes().get(file.tiff.values(&entry)?)?.to_vec(),
            })
        });
        Self {
            width: layout.width,
            height: layout.height,
            channels: layout.gray_channels(),
            sample_bytes: layout.gray_sample_bytes(),
            associated: layout.alpha.map(|alpha| alpha.associated),
            compression: Compression::of(&layout.method),
            kept: kept.collect(),
        }
    }

    fn row_bytes(&self) -> usize {
        self.width as usize * self.channels * self.sample_bytes
    }

    fn rows_per_strip(&self) -> usize {
        (STRIP / self.row_bytes()).clamp(1, self.height as usize)
    }
}

/// Writes gray pages one after another.
pub(super) struct FileWriter {
    bytes: Vec<u8>,
    little_endian: bool,
    /// Where the place of the next directory is to be written.
    link: usize,
    compressor: Compressor,
}

impl FileWriter {
    pub(super) fn new(little_endian: bool) -> Self {
        let header = if little_endian {
            b"II*\0\0\0\0\0"
        } else {
            b"MM\0*\0\0\0\0"
        };
        Self {
            bytes: header.to_vec(),
            little_endian,
            link: 4,
            compressor: Compressor::new(),
        }
    }

    /// Bytes that the file and this page take at most, while the file grows by doubling.
    pub(super) fn needed_bytes(&self, page: &Page) -> u64 {
        let samples = page.row_bytes() as u64 * u64::from(page.height);
        let kept: u64 = page.kept.iter().map(|tag| tag.values.len() as u64).sum();
        let strips = u64::from(page.height).div_ceil(page.rows_per_strip() as u64);
        (self.bytes.len() as u64)
            .saturating_add(page.compression.most(samples))
            .saturating_add(kept * 2)
            // A row of PackBits may have one byte more; a strip has its place and length, here and in the file, and what
            // one of nothing takes.
            .saturating_add(u64::from(page.height) + strips * 64 + 1_024)
            .saturating_mul(3)
            .saturating_add(2 * STRIP.max(page.row_bytes()) as u64)
    }

    /// Begins a page.
    pub(super) fn page(&mut self, page: Page) -> PageWriter<'_> {
        PageWriter {
            file: self,
            strip: Vec::with_capacity(page.rows_per_strip() * page.row_bytes()),
            places: Vec::new(),
            like: page,
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn shorts(&self, tag: u16, values: &[u16]) -> Tag {
        let bytes = values.iter().flat_map(|value| self.short(*value));
        Tag {
            number: tag,
            kind: SHORT,
            count: values.len() as u32,
            values: bytes.collect(),
        }
    }

    fn longs(&self, tag: u16, values: impl ExactSizeIterator<Item = u32>) -> Tag {
        Tag {
            number: tag,
            kind: LONG,
            count: values.len() as u32,
            values: values.flat_map(|value| self.long(value)).collect(),
        }
    }

    fn short(&self, value: u16) -> [u8; 2] {
        if self.little_endian {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    }

    fn long(&self, value: u32) -> [u8; 4] {
        if self.little_endian {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    }

    /// Writes a directory, and its place where the one before says what follows it.
    fn directory(&mut self, mut tags: Vec<Tag>) -> Result<(), Error> {
        tags.sort_by_key(|tag| tag.number);
        let mut directory = self.short(tags.len() as u16).to_vec();
        for tag in tags {
            directory.extend(self.short(tag.number));
            directory.extend(self.short(tag.kind));
            directory.extend(self.long(tag.count));
            let mut values = tag.values;
            if values.len() > 4 {
                self.align();
                let at = offset(self.bytes.len())?;
                self.bytes.append(&mut values);
                values = self.long(at).to_vec();
            }
            values.resize(4, 0);
            directory.extend(values);
        }
        self.align();
        let at = offset(self.bytes.len())?;
        let place = self.long(at);
        self.bytes[self.link..self.link + 4].copy_from_slice(&place);
        self.bytes.append(&mut directory);
        self.link = self.bytes.len();
        self.bytes.extend([0; 4]);
        Ok(())
    }

    /// What offsets lead to begins at an even place (TIFF 6.0, section 2).
    fn align(&mut self) {
        if self.bytes.len() % 2 == 1 {
            self.bytes.push(0);
        }
    }
}

/// Writes the rows of a page.
pub(super) struct PageWriter<'a> {
    file: &'a mut FileWriter,
    like: Page,
    strip: Vec<u8>,
    /// Where the strips are, and their lengths.
    places: Vec<(u32, u32)>,
}

impl PageWriter<'_> {
    /// Takes more rows, whole ones.
    pub(super) fn rows<S: Sample>(&mut self, samples: &[S]) -> Result<(), Error> {
        let row = self.like.width as usize * self.like.channels;
        let whole = self.like.rows_per_strip() * self.like.row_bytes();
        for row in samples.chunks_exact(row) {
            S::append(row, self.file.little_endian, &mut self.strip);
            if self.strip.len() == whole {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        cancel::check()?;
        let (row_bytes, channels) = (self.like.row_bytes(), self.like.channels);
        if self.like.compression.has_predictor() {
            for row in self.strip.chunks_exact_mut(row_bytes) {
                if self.like.sample_bytes == 1 {
                    predictor::do8(row, channels);
                } else {
                    predictor::do16(row, channels, self.file.little_endian);
                }
            }
        }
        let bytes = &mut self.file.bytes;
        let start = bytes.len();
        self.file
            .compressor
            .compress(self.like.compression, &self.strip, row_bytes, bytes)?;
        self.places.push((offset(start)?, offset(bytes.len() - start)?));
        self.strip.clear();
        Ok(())
    }

    /// Writes what is left, and the page's directory.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        if !self.strip.is_empty() {
            self.flush()?;
        }
        let rows_per_strip = self.like.rows_per_strip() as u32;
        let (file, page) = (self.file, self.like);
        let bits = page.sample_bytes as u16 * 8;
        let mut tags = vec![
            file.longs(WIDTH, [page.width].into_iter()),
            file.longs(HEIGHT, [page.height].into_iter()),
            file.shorts(BITS, &vec![bits; page.channels]),
            file.shorts(COMPRESSION, &[page.compression.number()]),
            file.shorts(PHOTOMETRIC, &[BLACK_IS_ZERO as u16]),
            file.longs(STRIP_OFFSETS, self.places.iter().map(|place| place.0)),
            file.shorts(SAMPLES, &[page.channels as u16]),
            file.longs(ROWS_PER_STRIP, [rows_per_strip].into_iter()),
            file.longs(STRIP_BYTES, self.places.iter().map(|place| place.1)),
        ];
        if page.compression.has_predictor() {
            tags.push(file.shorts(PREDICTOR, &[2]));
        }
        if let Some(associated) = page.associated {
            tags.push(file.shorts(EXTRA_SAMPLES, &[if associated { 1 } else { 2 }]));
        }
        tags.extend(page.kept);
        file.directory(tags)
    }
}

/// Writes a still gray image as a TIFF of one page, LZW-compressed, which every reader knows.
pub(crate) fn encode(gray: &Gray) -> Result<Encoded, Error> {
    let bit_depth = gray.bit_depth();
    let (width, height) = gray.dimensions();
    let alpha = matches!(gray, Gray::La8(_) | Gray::La16(_));
    let mut file = FileWriter::new(true);
    let mut page = file.page(Page {
        width,
        height,
        channels: 1 + usize::from(alpha),
        sample_bytes: usize::from(bit_depth / 8),
        associated: alpha.then_some(false),
        compression: Compression::Lzw,
        kept: Vec::new(),
    });
    match gray {
        Gray::L8(image) => page.rows(image)?,
        Gray::La8(image) => page.rows(image)?,
        Gray::L16(image) => page.rows(image)?,
        Gray::La16(image) => page.rows(image)?,
    }
    page.finish()?;
    Ok(Encoded {
        bytes: file.finish(),
        bit_depth,
    })
}

/// A place or a length in a classic TIFF.
fn offset(at: usize) -> Result<u32, Error> {
    u32::try_from(at).map_err(|_| {
        Error::encode(
            Format::Tiff,
            "it would have more than 4 GiB; convert the pages one by one",
        )
    })
}
