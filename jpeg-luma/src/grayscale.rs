//! A JPEG in, its luma as a JPEG out, or the reason why that takes pixels.

use std::cell::Cell;
use std::io::{self, Read, Write};

use crate::app_segments::Keep;
use crate::convert::{self, Wanted};
use crate::error::{Error, ReadError, WriteError};
use crate::frame::{Color, Frame, FrameInfo};
use crate::options::Options;
use crate::outcome::{GrayJpeg, Method, Outcome, Reason};
use crate::output::Sink;
use crate::rope::Rope;

/// The component that carries luma (ITU-T T.871, 6.1).
const LUMA: Wanted = Wanted {
    index: 0,
    checked: false,
};
/// What converting any thumbnail may take, beside eight times its length.
const MEMORY_BESIDE: u64 = 2 << 20;

/// Makes a JPEG gray, or tells why that takes pixels.
///
/// A gray input comes back as it is, unless tables are to be optimized or metadata stripped. Data after the end of the
/// image goes with the colors.
///
/// # Errors
///
/// Says what is wrong with the input, at which byte; see [`Error`]. With [`Options::lenient`], damage is an error only
/// if there is nothing to show.
///
/// ```
/// use jpeg_luma::{Error, Options, grayscale};
///
/// let error = grayscale(b"GIF89a", &Options::default()).unwrap_err();
/// assert_eq!(error, Error::NotJpeg);
/// ```
pub fn grayscale(input: &[u8], options: &Options) -> Result<Outcome, Error> {
    grayscale_rope(input, options)?.try_map(|rope| rope.into_bytes_within(options.memory_budget))
}

/// As [`grayscale`], without copying what the result has in common with the input: most of a progressive JPEG, and all of
/// a gray one. For callers that write the result out at once.
///
/// # Errors
///
/// Those of [`grayscale`].
pub fn grayscale_rope<'a>(input: &'a [u8], options: &Options) -> Result<Outcome<Rope<'a>>, Error> {
    gray_of(input, options, None)
}

/// As [`grayscale`], written to `writer` while it is made, some hundred kilobytes at once: only those are held, and a writer
/// that passes them on in the background has nearly all of them by the end. Gives the number of bytes.
///
/// When an error is found, part of the result has been written. In lenient mode, and where tables are optimized, it is
/// written at the end.
///
/// # Errors
///
/// [`WriteError::Io`] where the writer fails; [`WriteError::Jpeg`] as for [`grayscale`].
pub fn grayscale_to(
    input: &[u8],
    options: &Options,
    writer: &mut impl Write,
) -> Result<Outcome<u64>, WriteError> {
    let written = Cell::new(0);
    let mut failure: Option<io::Error> = None;
    let mut sink = |bytes: &[u8]| {
        written.set(written.get() + bytes.len() as u64);
        writer.write_all(bytes).map_err(|error| {
            failure = Some(error);
            Error::Write
        })
    };
    // What a lenient conversion has written it may take back.
    let sink_meanwhile: Option<&mut Sink> = (!options.lenient).then_some(&mut sink);
    let converted = gray_of(input, options, sink_meanwhile).and_then(|outcome| {
        outcome.try_map(|rest| {
            rest.slices().try_for_each(&mut sink)?;
            Ok(written.get())
        })
    });
    match (converted, failure) {
        (_, Some(error)) => Err(WriteError::Io(error)),
        (Ok(outcome), None) => Ok(outcome),
        (Err(error), None) => Err(WriteError::Jpeg(error)),
    }
}

fn gray_of<'a, 'w>(
    input: &'a [u8],
    options: &Options,
    sink: Option<&'w mut Sink<'w>>,
) -> Result<Outcome<Rope<'a>>, Error> {
    let frame = Frame::read(input, options.lenient)?;
    let info = frame.info;
    let reason = match info.color {
        Color::Gray if !options.optimize || info.check_supported().is_err() => {
            let bytes = convert::as_is(input, options)?;
            return Ok(gray(bytes, &info, Method::AsIs));
        }
        Color::Gray | Color::YCbCr if !info.luma_subsampled => None,
        Color::Gray | Color::YCbCr => Some(Reason::LumaSubsampled),
        Color::Rgb => Some(Reason::Rgb),
        Color::Cmyk => Some(Reason::Cmyk),
        Color::Ycck => Some(Reason::Ycck),
        Color::Unknown => {
            return Err(Error::Unsupported {
                feature: "other than 1, 3 or 4 components",
            });
        }
    };
    info.check_supported()?;
    if let Some(reason) = reason {
        return Ok(Outcome::NeedsPixels(reason, info));
    }
    let bytes = convert::component(input, frame, LUMA, options, keep(options.strip), sink)?;
    Ok(gray(bytes, &info, Method::LumaCopy))
}

/// As [`grayscale`], for a JPEG that is read to its end from `reader`. It is held in memory, since its scans may have to
/// be gone through more than once; the [memory budget](Options::memory_budget) bounds what is read as well.
///
/// If pixels are needed, the reader is at its end: a decoder has to begin anew.
///
/// # Errors
///
/// [`ReadError::Io`] where the reader fails; [`ReadError::Jpeg`] as for [`grayscale`], [`Error::InputTooLarge`] among
/// them.
///
/// ```no_run
/// use std::fs::File;
/// use jpeg_luma::{Options, Outcome, grayscale_reader};
///
/// let options = Options::default().memory_budget(256 << 20);
/// if let Outcome::Gray(gray) = grayscale_reader(File::open("in.jpg")?, &options)? {
///     std::fs::write("out.jpg", gray.bytes)?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn grayscale_reader(mut reader: impl Read, options: &Options) -> Result<Outcome, ReadError> {
    let mut input = Vec::new();
    let Some(budget) = options.memory_budget else {
        reader.read_to_end(&mut input)?;
        return Ok(grayscale(&input, options)?);
    };
    read_within(&mut reader, &mut input, budget)?;
    input.shrink_to_fit();
    let held = input.len() as u64;
    let rest = Options {
        memory_budget: Some(budget - held),
        ..*options
    };
    grayscale(&input, &rest).map_err(|error| match error {
        // In the caller's terms.
        Error::MemoryBudget { needed, .. } => ReadError::Jpeg(Error::MemoryBudget {
            needed: needed.saturating_add(held),
            budget,
        }),
        error => ReadError::Jpeg(error),
    })
}

/// Reads all there is, if a vector of it keeps within `budget` bytes while it grows.
fn read_within(reader: &mut impl Read, input: &mut Vec<u8>, budget: u64) -> Result<(), ReadError> {
    const FIRST: usize = 64 << 10;
    let too_large = ReadError::Jpeg(Error::InputTooLarge { budget });
    loop {
        let room = input.capacity() - input.len();
        if room > 0 {
            if reader.by_ref().take(room as u64).read_to_end(input)? < room {
                return Ok(());
            }
            continue;
        }
        let capacity = input.capacity();
        let allowed = usize::try_from(budget).unwrap_or(usize::MAX);
        // Old and new place exist together while the contents move. Toward the budget it grows by less than double.
        let grown = (capacity * 2).max(FIRST).min(allowed.saturating_sub(capacity));
        if grown <= capacity {
            // There may be nothing more to come.
            return match reader.read(&mut [0])? {
                0 => Ok(()),
                _ => Err(too_large),
            };
        }
        input.reserve_exact(grown - input.len());
    }
}

/// Reads what the header says, of unsupported JPEGs too. Nothing is decoded, and nothing large allocated.
///
/// # Errors
///
/// [`Error::NotJpeg`], [`Error::Truncated`] or [`Error::Corrupt`] if there is no usable header before the first scan.
pub fn inspect(input: &[u8]) -> Result<FrameInfo, Error> {
    Frame::read(input, true).map(|frame| frame.info)
}

/// The thumbnail in gray, if it takes no more room than before.
pub(crate) fn gray_thumbnail(thumbnail: &[u8]) -> Option<Vec<u8>> {
    // With `strip`, a thumbnail's own EXIF is not looked into, so this does not recur. What is longer than the thumbnail is
    // of no use, so that one which claims to be huge need not be made.
    let options = Options::default()
        .lenient(true)
        .strip(true)
        .memory_budget(MEMORY_BESIDE + 8 * thumbnail.len() as u64);
    match grayscale(thumbnail, &options).ok()? {
        Outcome::Gray(gray) if gray.bytes.len() <= thumbnail.len() => Some(gray.bytes),
        _ => None,
    }
}

/// The metadata to keep: all, or where `strip` is set, as little as may be.
pub(crate) fn keep(strip: bool) -> Keep {
    if strip {
        Keep::Display
    } else {
        Keep::All(gray_thumbnail)
    }
}

fn gray<'a>(bytes: Rope<'a>, info: &FrameInfo, method: Method) -> Outcome<Rope<'a>> {
    Outcome::Gray(GrayJpeg {
        bytes,
        width: info.width,
        height: info.height,
        method,
        bit_depth: info.precision,
    })
}
