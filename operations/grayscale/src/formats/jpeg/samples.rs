//! The samples of a JPEG as they are stored, at the size of the image.
//!
//! Decoders of color JPEGs take many ways through sampling factors, interleaving and progression, and err on the rarer ones.
//! So each component is first copied into a one-component JPEG of its own, in the compressed domain
//! ([`jpeg_luma::component`]), which is the plainest file a decoder can get, and checked on the way. It is decoded, and what
//! has fewer samples than the image is upsampled here. One component is in work at a time.

use jpeg_luma::{FrameInfo, Kind, Options};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::errors::explain;
use super::upsample::Upsampling;
use crate::{Error, Format, Limits, decoder_error};

/// What a decoder takes besides samples and coefficients.
const MEMORY_BESIDE: u64 = 1 << 20;
/// Scans that a component can have: 64 coefficients in 14 bits each (ITU-T T.81, G.1.1.1).
const MOST_SCANS: usize = 64 * 14;
/// What samples are that got lost: the middle of their range, as all coefficients zero give it.
const LOST: u8 = 128;

/// The samples of an image, line by line, those of one place next to one another.
#[derive(Debug)]
pub(crate) struct Samples {
    /// Places in a line.
    pub(crate) width: u32,
    /// Lines.
    pub(crate) height: u32,
    /// Samples at each place, 1 to 4.
    pub(crate) components: usize,
    /// 8 bits each, without any color transform.
    pub(crate) data: Vec<u8>,
}

/// Decodes a JPEG's components, or, with `only_first`, the first of them. Those with fewer samples than the image are
/// upsampled. Where `lenient`, a component that cannot be decoded at all is mid-gray, unless none can.
///
/// # Errors
///
/// Says what is wrong with the JPEG, names what is not supported about it, or that it takes more memory than `limits` allow.
pub(crate) fn samples(
    input: &[u8],
    only_first: bool,
    lenient: bool,
    limits: &Limits,
) -> Result<Samples, Error> {
    let info = jpeg_luma::inspect(input).map_err(|error| explain(&error, input))?;
    let upsamplings = upsamplings(&info, only_first)?;
    let size = (info.width, info.height);
    let components = upsamplings.len();
    let work = Work {
        input,
        info: &info,
        lenient,
        limits,
        held: if components == 1 && upsamplings[0].is_none() {
            0
        } else {
            u64::from(info.width) * u64::from(info.height) * components as u64
        },
    };
    let decoding = (0..components).map(|index| work.decoding_bytes(index));
    limits.check(Format::Jpeg, size, work.held + decoding.max().unwrap_or(0))?;
    if work.held == 0 {
        let data = work.plane(0)?;
        let (width, height) = size;
        return Ok(Samples {
            width,
            height,
            components,
            data,
        });
    }
    work.together(&upsamplings)
}

/// How the components that are wanted get to the size of the image.
fn upsamplings(info: &FrameInfo, only_first: bool) -> Result<Vec<Upsampling>, Error> {
    let feature = match (info.kind, info.precision) {
        (Kind::Baseline | Kind::Extended | Kind::Progressive, 8) => None,
        (Kind::Arithmetic, _) => Some("arithmetic coding"),
        (Kind::Lossless, _) => Some("lossless coding"),
        (Kind::Hierarchical, _) => Some("hierarchical coding"),
        (Kind::JpegLs, _) => Some("JPEG-LS"),
        _ => Some("other than 8 bits a sample"),
    };
    let feature = feature.or((info.components > 4).then_some("more than 4 components"));
    if let Some(feature) = feature {
        return Err(Error::unsupported(Format::Jpeg, feature));
    }
    let wanted = if only_first { 1 } else { info.components.into() };
    (0..wanted)
        .map(|index| {
            Upsampling::of(info, index).ok_or_else(|| {
                let ((horizontal, vertical), (across, down)) = (info.sampling[index], info.max_sampling);
                let feature = format!(
                    "sampling factors {horizontal}x{vertical} beside {across}x{down}, a ratio that is no whole number"
                );
                Error::unsupported(Format::Jpeg, feature)
            })
        })
        .collect()
}

/// What decoding one component needs to know.
struct Work<'a> {
    input: &'a [u8],
    info: &'a FrameInfo,
    lenient: bool,
    limits: &'a Limits,
    /// Bytes that the samples of the whole image take meanwhile.
    held: u64,
}

impl Work<'_> {
    /// All components, one after another, at the size of the image.
    fn together(&self, upsamplings: &[Upsampling]) -> Result<Samples, Error> {
        let (width, height) = (self.info.width as usize, self.info.height as usize);
        let components = upsamplings.len();
        let mut data = vec![LOST; width * height * components];
        let mut found = false;
        let mut first_error = None;
        for (index, upsampling) in upsamplings.iter().enumerate() {
            let plane = match self.plane(index) {
                Err(error @ (Error::Truncated { .. } | Error::Corrupt { .. })) if self.lenient => {
                    first_error.get_or_insert(error);
                    continue;
                }
                plane => plane?,
            };
            found = true;
            let (columns, _) = self.size(index);
            upsampling.lines(&plane, columns as usize, (width, height), |y, line| {
                let places = data[y * width * components..].chunks_exact_mut(components);
                for (place, &sample) in places.zip(line) {
                    place[index] = sample;
                }
            });
        }
        match first_error {
            Some(error) if !found => Err(error),
            _ => Ok(Samples {
                width: self.info.width,
                height: self.info.height,
                components,
                data,
            }),
        }
    }

    fn size(&self, index: usize) -> (u32, u32) {
        self.info
            .component_size(index)
            .expect("there is a way to upsample this component")
    }

    /// Bytes that the decoder takes for a component: its samples, those of a line of blocks as 16-bit numbers, and all
    /// coefficients as such where they come in several scans.
    fn decoding_bytes(&self, index: usize) -> u64 {
        let (columns, lines) = self.size(index);
        let whole_blocks = |samples: u32| u64::from(samples.div_ceil(8)) * 8;
        let coefficients = match self.info.kind {
            Kind::Progressive => whole_blocks(columns) * whole_blocks(lines),
            _ => 0,
        };
        u64::from(columns) * u64::from(lines) + 2 * (coefficients + 8 * whole_blocks(columns)) + MEMORY_BESIDE
    }

    /// The samples of one component at its own size.
    fn plane(&self, index: usize) -> Result<Vec<u8>, Error> {
        let options = Options::default()
            .lenient(self.lenient)
            .memory_budget(self.limits.memory_bytes.saturating_sub(self.held));
        let jpeg = jpeg_luma::component(self.input, index, &options).map_err(|error| match error {
            // In the caller's terms.
            jpeg_luma::Error::MemoryBudget { needed, .. } => Error::TooLarge {
                format: Format::Jpeg,
                width: self.info.width,
                height: self.info.height,
                needed_bytes: needed + self.held,
                limit_bytes: self.limits.memory_bytes,
            },
            error => explain(&error, self.input),
        })?;
        let copied = jpeg.bytes.capacity() as u64;
        let needed = self.held + copied + self.decoding_bytes(index);
        let size = (self.info.width, self.info.height);
        self.limits.check(Format::Jpeg, size, needed)?;
        self.decoded(&jpeg.bytes, self.size(index))
    }

    /// Decodes a JPEG of one component, written by `jpeg_luma`.
    fn decoded(&self, jpeg: &[u8], (columns, lines): (u32, u32)) -> Result<Vec<u8>, Error> {
        let options = DecoderOptions::default()
            .set_strict_mode(!self.lenient)
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX))
            .jpeg_set_max_scans(MOST_SCANS)
            .jpeg_set_out_colorspace(ColorSpace::Luma);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
        let samples = decoder
            .decode()
            .map_err(|error| decoder_error::of_jpeg(&error, self.input.len()))?;
        if samples.len() == columns as usize * lines as usize {
            return Ok(samples);
        }
        Err(Error::corrupt(
            Format::Jpeg,
            "it decodes to another size than its header says",
        ))
    }
}

#[cfg(test)]
#[path = "../../../../../jpeg-luma/tests/it/support.rs"]
mod support;

#[cfg(test)]
mod tests {
    use super::support::{Image, Random};
    use super::*;

    /// Components of one value each: a DC coefficient is eight times what it adds to 128, and the first element of their
    /// quantization tables is 1 for the first component and 65 for the others.
    fn flat(sampling: &[(usize, usize)], coefficients: &[i32], progressive: bool) -> Vec<u8> {
        let mut image = Image::random(&mut Random(1), (19, 21), sampling);
        for (plane, &coefficient) in image.planes.iter_mut().zip(coefficients) {
            plane.blocks.fill([0; 64]);
            plane.blocks.iter_mut().for_each(|block| block[0] = coefficient);
        }
        if progressive {
            image.progressive(0)
        } else {
            image.sequential(0)
        }
    }

    #[test]
    fn components_are_interleaved_as_they_are_stored_whatever_they_may_mean() {
        let limits = Limits::default();
        let sampling = [(1, 2), (2, 1), (1, 1), (2, 2)];
        let coefficients = [-800, 1, -8, 3];
        // 128 - 800 / 8, 128 + 65 / 8, 128 - 520 / 8, 128 + 195 / 8
        let expected = [28, 136, 63, 152];
        for count in 1..=4 {
            for progressive in [false, true] {
                let jpeg = flat(&sampling[..count], &coefficients[..count], progressive);
                let all = samples(&jpeg, false, false, &limits).unwrap();
                assert_eq!((all.width, all.height, all.components), (19, 21, count));
                assert_eq!(all.data, expected[..count].repeat(19 * 21));
                let first = samples(&jpeg, true, false, &limits).unwrap();
                assert_eq!((first.width, first.height, first.components), (19, 21, 1));
                assert_eq!(first.data, [28; 19 * 21]);
            }
        }
    }

    #[test]
    fn a_file_without_any_component_that_can_be_read_is_an_error_in_lenient_mode_too() {
        let jpeg = flat(&[(1, 1); 3], &[0; 3], false);
        let scan = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        // The quantization tables are gone.
        let mut without = jpeg[..2].to_vec();
        without.extend(&jpeg[2 + 2 * 69..]);
        let error = samples(&without, false, true, &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        let cut = samples(&jpeg[..scan], false, true, &Limits::default()).unwrap_err();
        assert!(matches!(cut, Error::Truncated { .. }), "{cut}");
    }
}
