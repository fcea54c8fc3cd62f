//! A picture on the terminal: `--preview`.
//!
//! Terminals show pictures by one of three protocols, and those that know none show two pixels in each character cell. Which one a
//! terminal knows is told by its environment: asking the terminal itself would mean to read from the keyboard and to wait for
//! an answer that may not come. What the file holds is shown, as any viewer would: decoded again, upright, first frame
//! only.

mod blocks;
mod graphics;
mod protocol;
mod sixel;

use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _, Write as _};
use std::path::Path;

use image::{DynamicImage, GenericImageView as _, ImageDecoder as _, ImageReader, Limits};
use terminal_size::{Height, Width, terminal_size_of};

pub(crate) use self::protocol::{Preview, Protocol};
use crate::error::Error;
use crate::output;

/// Lines that are left for the command, its answer, and the prompt.
const LINES_BESIDE: u16 = 3;

/// What a picture may take to be decoded, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// The size of a character cell in pixels where the terminal scales by itself, and where it does not: an estimate on the
/// safe side.
const FINE_CELL: (u32, u32) = (10, 20);
const COARSE_CELL: (u32, u32) = (8, 16);

/// Room on the terminal, in character cells.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cells {
    columns: u32,
    lines: u32,
}

/// Shows an image file on the terminal that standard output is, or else on that of stderr; nothing where neither is one. A
/// picture that cannot be shown is no error: the file is there.
///
/// # Errors
///
/// The terminal does not take it.
pub(crate) fn show(path: &Path, wanted: Preview, json: bool) -> Result<(), Error> {
    let is_out = output::is_seen() && !json;
    if !is_out && !io::stderr().is_terminal() {
        return Ok(());
    }
    let Some(protocol) = wanted.protocol() else {
        output::note("no preview: the terminal shows text alone");
        return Ok(());
    };
    let size = if is_out {
        terminal_size_of(io::stdout())
    } else {
        terminal_size_of(io::stderr())
    };
    let (Width(columns), Height(lines)) = size.unwrap_or((Width(80), Height(24)));
    let room = Cells {
        columns: u32::from(columns.max(1)),
        lines: u32::from(lines.saturating_sub(LINES_BESIDE).max(1)),
    };
    let shown = match read(path) {
        Ok(image) => encoded(&image, protocol, room),
        Err(error) => {
            output::note(&format!("no preview: {error}"));
            return Ok(());
        }
    };
    let written = if is_out {
        output::write_out(&shown)
    } else {
        io::stderr().lock().write_all(&shown)
    };
    written.map_err(|source| Error::Write {
        path: "-".into(),
        source,
    })
}

/// The picture in a file, upright.
fn read(path: &Path) -> image::ImageResult<DynamicImage> {
    let mut reader = ImageReader::new(BufReader::new(File::open(path)?)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// What a terminal is sent to show a picture in as much of its room as the picture fills.
fn encoded(image: &DynamicImage, protocol: Protocol, room: Cells) -> Vec<u8> {
    let cell = match protocol {
        Protocol::Kitty | Protocol::Iterm => FINE_CELL,
        Protocol::Sixel => COARSE_CELL,
        Protocol::Blocks => (1, 2),
    };
    let small = fitted(image, (room.columns * cell.0, room.lines * cell.1));
    let (width, height) = small.dimensions();
    let cells = Cells {
        columns: width.div_ceil(cell.0),
        lines: height.div_ceil(cell.1),
    };
    match protocol {
        Protocol::Kitty => graphics::kitty(&small, cells),
        Protocol::Iterm => graphics::iterm(&small, cells),
        Protocol::Sixel => sixel::encoded(&on_white(&small)),
        Protocol::Blocks => blocks::encoded(&on_white(&small), protocol::has_all_grays()),
    }
}

/// The picture no larger than this, and never larger than it is.
fn fitted(image: &DynamicImage, (width, height): (u32, u32)) -> DynamicImage {
    if image.width() <= width && image.height() <= height {
        image.clone()
    } else {
        image.thumbnail(width, height)
    }
}

/// What is transparent, on white, as on paper.
fn on_white(image: &DynamicImage) -> image::GrayImage {
    let image = image.to_luma_alpha8();
    image::GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let [gray, alpha] = image.get_pixel(x, y).0.map(u32::from);
        let shown = (gray * alpha + 255 * (255 - alpha)) / 255;
        image::Luma([u8::try_from(shown).unwrap_or(u8::MAX)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: u32, height: u32) -> DynamicImage {
        image::GrayImage::from_fn(width, height, |x, _| {
            image::Luma([u8::try_from(x * 255 / width).unwrap()])
        })
        .into()
    }

    #[test]
    fn a_picture_fits_into_its_room_and_is_not_made_larger() {
        assert_eq!(fitted(&ramp(4000, 1000), (80, 40)).dimensions(), (80, 20));
        assert_eq!(fitted(&ramp(1000, 4000), (80, 40)).dimensions(), (10, 40));
        assert_eq!(fitted(&ramp(3, 2), (80, 40)).dimensions(), (3, 2));
    }

    #[test]
    fn no_protocol_takes_more_than_the_room_there_is() {
        let room = Cells {
            columns: 60,
            lines: 21,
        };
        let image = ramp(1200, 800);
        let text = String::from_utf8(encoded(&image, Protocol::Blocks, room)).unwrap();
        assert_eq!(text.lines().count(), 20);
        for line in text.lines() {
            assert_eq!(line.matches('▀').count(), 60);
        }
        for (protocol, begin) in [
            (Protocol::Kitty, "\x1b_Ga=T,f=100,q=2,c=60,r=20,m="),
            (Protocol::Iterm, "\x1b]1337;File=inline=1;"),
            (Protocol::Sixel, "\x1bPq\"1;1;480;320"),
        ] {
            let bytes = encoded(&image, protocol, room);
            assert!(bytes.starts_with(begin.as_bytes()), "{protocol:?}");
            assert!(bytes.is_ascii() && bytes.ends_with(b"\n"), "{protocol:?}");
        }
    }

    #[test]
    fn what_is_transparent_is_white() {
        let clear: DynamicImage = image::GrayAlphaImage::from_pixel(1, 1, image::LumaA([10, 0])).into();
        assert_eq!(on_white(&clear).as_raw(), &[255]);
        let full: DynamicImage = image::GrayAlphaImage::from_pixel(1, 1, image::LumaA([10, 255])).into();
        assert_eq!(on_white(&full).as_raw(), &[10]);
    }
}
