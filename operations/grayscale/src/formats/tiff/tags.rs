//! What single tags of a page mean, each taken as libtiff takes it or refused by name.

use std::borrow::Cow;
use std::fmt::Display;

use jpeg_luma::ifd::Directory;

use super::compression::Method;
use super::fax::Rows;
use super::file::{BITS, COMPRESSION, EXTRA_SAMPLES, File, JPEG_TABLES, PHOTOMETRIC};
use super::palette::Map;
use super::ycbcr::YCbCr;
use crate::{Error, Format, Luma};

const FAX_OPTIONS: u16 = 292;
pub(super) const PREDICTOR: u16 = 317;
const INK_SET: u16 = 332;
const SAMPLE_FORMAT: u16 = 339;

/// What the color samples of a pixel mean.
#[derive(Clone, Debug)]
pub(super) enum Color {
    Gray {
        white_is_zero: bool,
    },
    /// An index, and the gray of each.
    Palette(Vec<u8>),
    Rgb,
    Cmyk,
    YCbCr(YCbCr),
}

impl Color {
    /// How many samples of a pixel are read for its gray.
    pub(super) fn channels(&self) -> usize {
        match self {
            Self::Gray { .. } | Self::Palette(_) => 1,
            Self::Rgb | Self::YCbCr(_) => 3,
            Self::Cmyk => 4,
        }
    }
}

/// The first further sample that is an alpha channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alpha {
    /// Which sample of a pixel it is.
    pub(super) sample: usize,
    /// Whether colors are multiplied by it (TIFF 6.0, section 18).
    pub(super) associated: bool,
}

/// How many bits all samples have; a page that does not say has one.
pub(super) fn bits(file: &File<'_>, page: &Directory) -> Result<u8, Error> {
    let formats = file.numbers(page, SAMPLE_FORMAT);
    let name = match formats.iter().find(|format| !matches!(format, 1 | 4)) {
        None => None,
        Some(2) => Some("signed samples"),
        Some(3) => Some("floating-point samples"),
        Some(5 | 6) => Some("complex samples"),
        Some(_) => Some("samples of an unknown format"),
    };
    if let Some(name) = name {
        return Err(unsupported(name));
    }
    // Some writers say it once for all samples, GIMP sometimes for more or fewer than there are.
    let bits = file.numbers(page, BITS);
    let first = bits.first().copied().unwrap_or(1);
    if bits.iter().any(|bits| *bits != first) {
        return Err(unsupported("samples of different numbers of bits"));
    }
    match first {
        1 | 2 | 4 | 8 | 16 => Ok(first as u8),
        other => Err(unsupported(format!("{other} bits a sample"))),
    }
}

pub(super) fn method(file: &File<'_>, page: &Directory) -> Result<Method, Error> {
    let number = file.number(page, COMPRESSION).unwrap_or(1);
    let method = Method::of(number).map_err(unsupported)?;
    let options = file.number(page, FAX_OPTIONS).unwrap_or(0);
    Ok(match method {
        // Rows without compression announce themselves, if there are any.
        Method::Fax(Rows::Group3 { .. }) => Method::Fax(Rows::Group3 {
            mixed: options & 1 == 1,
        }),
        Method::Jpeg { .. } => {
            let tables = file.tiff.entry(page, JPEG_TABLES);
            let tables = tables.and_then(|tables| file.tiff.values(&tables));
            Method::Jpeg {
                tables: tables.unwrap_or(0..0),
            }
        }
        method => method,
    })
}

pub(super) fn predictor(file: &File<'_>, page: &Directory, method: &Method) -> Result<bool, Error> {
    if !method.has_predictor() {
        return Ok(false);
    }
    match file.number(page, PREDICTOR).unwrap_or(1) {
        1 => Ok(false),
        2 => Ok(true),
        3 => Err(unsupported("a predictor for floating-point samples")),
        other => Err(corrupt(format_args!("its predictor is {other}"))),
    }
}

/// What a page's samples mean.
pub(super) fn color(file: &File<'_>, page: &Directory, luma: Luma) -> Result<Color, Error> {
    let Some(photometric) = file.number(page, PHOTOMETRIC) else {
        return Err(corrupt("a page does not say what its samples mean"));
    };
    let name: Cow<'static, str> = match photometric {
        0 | 1 => {
            return Ok(Color::Gray {
                white_is_zero: photometric == 0,
            });
        }
        2 => return Ok(Color::Rgb),
        3 if file.number(page, BITS).is_some_and(|bits| bits > 8) => {
            "a palette of more than 256 colors".into()
        }
        3 => return Ok(Color::Palette(Map::of(file, page)?.grays(file, luma))),
        5 => match file.number(page, INK_SET).unwrap_or(1) {
            1 => return Ok(Color::Cmyk),
            other => format!("other inks than cyan, magenta, yellow and black (ink set {other})").into(),
        },
        6 => return YCbCr::of(file, page).map(Color::YCbCr),
        4 => "a transparency mask as a page".into(),
        8 => "L*a*b* colors".into(),
        9 => "L*a*b* colors as ICC has them".into(),
        10 => "L*a*b* colors as ITU has them".into(),
        32_844 | 32_845 => "colors in logarithms (LogLuv)".into(),
        other => format!("colors of the kind with the number {other}").into(),
    };
    Err(unsupported(name))
}

/// The first alpha channel among the samples after the color's.
pub(super) fn alpha(file: &File<'_>, page: &Directory, color: &Color, samples: usize) -> Option<Alpha> {
    let colors = color.channels();
    let Some(entry) = file.tiff.entry(page, EXTRA_SAMPLES) else {
        // One more sample than gray or RGB, and no word on it: alpha, as Pillow and ImageMagick have it.
        let alone = samples == colors + 1 && matches!(color, Color::Gray { .. } | Color::Rgb);
        return alone.then_some(Alpha {
            sample: colors,
            associated: false,
        });
    };
    (colors..samples).find_map(|sample| match file.value_at(&entry, sample - colors)? {
        kind @ (1 | 2) => Some(Alpha {
            sample,
            associated: kind == 1,
        }),
        _ => None,
    })
}

pub(super) fn corrupt(what: impl Display) -> Error {
    Error::corrupt(Format::Tiff, what)
}

pub(super) fn unsupported(feature: impl Into<String>) -> Error {
    Error::unsupported(Format::Tiff, feature)
}
