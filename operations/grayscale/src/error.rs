//! What can be wrong with an image, or with what is asked of it.

use std::fmt::Display;
use std::io;

use crate::Format;

/// Why an image was not converted.
///
/// Every one of these but [`Error::Canceled`] is permanent: the same input with the same parameters fails again, so trying again does
/// not help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input has no bytes.
    #[error(
        "the image is empty (0 bytes); send a file of one of these formats: {}",
        supported()
    )]
    EmptyInput,
    /// The input begins like no image format at all.
    #[error(
        "not an image: {} \"{beginning}\"; supported are {}",
        found.map_or_else(|| "it begins with".to_owned(), |found| format!("{found} that begins with")),
        supported()
    )]
    NotAnImage {
        /// What it is, if that is known.
        found: Option<&'static str>,
        /// The first bytes, escaped for display.
        beginning: String,
    },
    /// The input is an image, of a format that is not supported.
    #[error("{found} is not supported; convert the image to one of {} first", supported())]
    UnsupportedFormat {
        /// The format's name.
        found: &'static str,
    },
    /// The format is supported, a feature that this file uses is not.
    #[error("this {format} image uses {feature}, which is not supported; save it again without")]
    UnsupportedFeature {
        /// The image's format.
        format: Format,
        /// What it uses.
        feature: String,
    },
    /// A format's name that stands for nothing.
    #[error("unknown image format \"{name}\"; use one of {}", supported())]
    UnknownFormat {
        /// The name as given.
        name: String,
    },
    /// A luma formula's name that stands for nothing.
    #[error("unknown luma formula \"{name}\"; use bt601, bt709 or linear")]
    UnknownLuma {
        /// The name as given.
        name: String,
    },
    /// A quality outside of 1 to 100.
    #[error("quality {quality} is out of range; use 1 (smallest) to 100 (best)")]
    InvalidQuality {
        /// The quality as given.
        quality: u8,
    },
    /// The input ends before the image does.
    #[error(
        "the {} ends too early, after {offset} bytes; it was probably cut while being copied: fetch it again{}",
        format.map_or_else(|| "image".to_owned(), |format| format!("{format} image")),
        lenient_advice(*lenient_helps)
    )]
    Truncated {
        /// The image's format, where enough is there to tell.
        format: Option<Format>,
        /// How many bytes there are.
        offset: u64,
        /// Whether [`Parameters::lenient`](crate::Parameters::lenient) would keep a part of it.
        lenient_helps: bool,
    },
    /// The input breaks its format's rules.
    #[error(
        "the {format} image is damaged: {detail}; export it again from its source{}",
        lenient_advice(*lenient_helps)
    )]
    Corrupt {
        /// The image's format.
        format: Format,
        /// What is wrong, and where.
        detail: String,
        /// Whether [`Parameters::lenient`](crate::Parameters::lenient) would keep a part of it.
        lenient_helps: bool,
    },
    /// Converting would take more memory than the [`Limits`](crate::Limits) allow.
    #[error(
        "a {width}x{height} {format} image takes about {needed_bytes} bytes to convert, and the limit is \
         {limit_bytes} bytes; scale the image down"
    )]
    TooLarge {
        /// The image's format.
        format: Format,
        /// Width in pixels, as the header says.
        width: u32,
        /// Height in pixels, as the header says.
        height: u32,
        /// Predicted memory, in bytes.
        needed_bytes: u64,
        /// The budget, in bytes.
        limit_bytes: u64,
    },
    /// The input file alone takes more memory than the [`Limits`](crate::Limits) allow.
    #[error("the file is larger than the limit of {limit_bytes} bytes of memory; send a smaller one")]
    InputTooLarge {
        /// The budget, in bytes.
        limit_bytes: u64,
    },
    /// The caller gave the work up ([`cancelable`](crate::cancelable)).
    #[error("given up before the gray image was there; send the image again")]
    Canceled,
    /// The gray image cannot be written in the format that was asked for.
    #[error("the gray image cannot be written as {format}: {detail}")]
    Encode {
        /// The output's format.
        format: Format,
        /// What stands in the way, and what to do.
        detail: String,
    },
}

impl Error {
    /// A stable name for the kind of error, in snake case, for programs to act on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyInput => "empty_input",
            Self::NotAnImage { .. } => "not_an_image",
            Self::UnsupportedFormat { .. } => "unsupported_format",
            Self::UnsupportedFeature { .. } => "unsupported_feature",
            Self::UnknownFormat { .. } => "unknown_format",
            Self::UnknownLuma { .. } => "unknown_luma",
            Self::InvalidQuality { .. } => "invalid_quality",
            Self::Truncated { .. } => "truncated_image",
            Self::Corrupt { .. } => "corrupt_image",
            Self::TooLarge { .. } | Self::InputTooLarge { .. } => "image_too_large",
            Self::Canceled => "canceled",
            Self::Encode { .. } => "cannot_encode",
        }
    }

    /// A damaged image of `format`, described by `detail`.
    pub(crate) fn corrupt(format: Format, detail: impl Display) -> Self {
        Self::Corrupt {
            format,
            detail: shortened(&detail.to_string()),
            lenient_helps: false,
        }
    }

    /// An image of `format` that ends after `length` bytes, too early.
    pub(crate) fn truncated(format: Format, length: usize) -> Self {
        Self::Truncated {
            format: Some(format),
            offset: length as u64,
            lenient_helps: false,
        }
    }

    /// The same error of a damaged image or one that ends too early, now known to be one of those that
    /// [`Parameters::lenient`](crate::Parameters::lenient) keeps a part of.
    pub(crate) fn with_lenient_advice(mut self) -> Self {
        if let Self::Truncated { lenient_helps, .. } | Self::Corrupt { lenient_helps, .. } = &mut self {
            *lenient_helps = true;
        }
        self
    }

    /// An image of `format` that uses a feature that is not supported.
    pub(crate) fn unsupported(format: Format, feature: impl Into<String>) -> Self {
        Self::UnsupportedFeature {
            format,
            feature: shortened(&feature.into()),
        }
    }

    /// A gray image that cannot be written as `format`, because of `detail`.
    pub(crate) fn encode(format: Format, detail: impl Display) -> Self {
        Self::Encode {
            format,
            detail: shortened(&detail.to_string()),
        }
    }
}

/// Why [`convert_stream`](crate::convert_stream) failed.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The input could not be read. Whether trying again would help, its kind tells.
    #[error("the image cannot be read: {0}")]
    Read(#[source] io::Error),

    /// The output could not be written.
    #[error("the gray image cannot be written: {0}")]
    Write(#[source] io::Error),

    /// The input was read, and is wrong or too large.
    #[error(transparent)]
    Image(#[from] Error),
}

/// A part of a message on one line, without characters that a terminal obeys, and no longer than leaves room for the cure:
/// decoders may list thousands of values, and repeat what a file says.
pub(crate) fn shortened(detail: &str) -> String {
    const MOST: usize = 160;
    let words: Vec<_> = detail.split_whitespace().collect();
    let line = words.join(" ");
    let mut shown = String::new();
    for (count, letter) in line.chars().enumerate() {
        if count == MOST {
            return shown + "...";
        }
        if letter.is_control() {
            shown.push(char::REPLACEMENT_CHARACTER);
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// The end of a message about an image of which a part can be kept: how, on the command line and in a request.
fn lenient_advice(helps: bool) -> &'static str {
    if helps {
        ", or pass --lenient (\"lenient\": true) to keep what can be read"
    } else {
        ""
    }
}

/// The supported formats, for messages.
fn supported() -> String {
    let (last, others) = Format::ALL.split_last().expect("there is at least one format");
    let others: Vec<_> = others.iter().map(|format| format.name()).collect();
    format!("{} and {last}", others.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_one_short_line_that_no_terminal_obeys() {
        assert_eq!(shortened("two\n  lines"), "two lines");
        assert_eq!(shortened("a \u{1b}[31mred"), "a \u{fffd}[31mred");
        assert_eq!(shortened(&"x".repeat(160)), "x".repeat(160));
        assert_eq!(shortened(&"é".repeat(161)), "é".repeat(160) + "...");
    }
}
