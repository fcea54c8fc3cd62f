//! What the decoders of other crates say is wrong, in this crate's terms: a feature that is not supported, a file that ends
//! too early, or damage.
//!
//! They are told apart by the types of the errors. Where a crate keeps a type to itself, or puts a text where others have
//! one, its text is the last resort ([`says_early_end`]).

use std::error::Error as StdError;
use std::fmt::Display;
use std::io;

use image::error::{ImageError, LimitErrorKind, UnsupportedErrorKind};
use zune_core::bytestream::ZByteIoError;
use zune_jpeg::errors::DecodeErrors;

use crate::{Error, Format};

const TOO_MUCH_MEMORY: &str = "decoding it takes more memory than its header lets expect";

/// What `image` says of a file of `length` bytes.
pub(crate) fn of_image(error: ImageError, format: Format, length: usize) -> Error {
    match error {
        ImageError::Unsupported(error) => Error::unsupported(format, feature(&error.kind())),
        ImageError::Limits(error) if !matches!(error.kind(), LimitErrorKind::Unsupported { .. }) => {
            Error::corrupt(format, format_args!("{TOO_MUCH_MEMORY} ({error})"))
        }
        // Its source is not the error of reading itself but that one's.
        ImageError::IoError(error) => by_cause(&error, format, length),
        other => by_cause(innermost(&other), format, length),
    }
}

/// What is not supported, in words that go on a sentence.
fn feature(kind: &UnsupportedErrorKind) -> String {
    match kind {
        UnsupportedErrorKind::GenericFeature(text) => sentence(text),
        UnsupportedErrorKind::Color(color) => format!("pixels of {} bits", color.bits_per_pixel()),
        _ => "a variant of the format".to_owned(),
    }
}

fn by_cause(cause: &(dyn StdError + 'static), format: Format, length: usize) -> Error {
    if is_early_end(cause) {
        Error::truncated(format, length)
    } else {
        Error::corrupt(format, sentence(cause))
    }
}

/// What `png` says of a file of `length` bytes.
pub(crate) fn of_png(error: &png::DecodingError, length: usize) -> Error {
    match error {
        png::DecodingError::IoError(error) if is_early_end(error) => Error::truncated(Format::Png, length),
        other => Error::corrupt(Format::Png, sentence(other)),
    }
}

/// What `image_webp` says of a frame that it was given as a file of its own. The chunk that the frame came from is whole, so
/// that a frame which ends early is damaged, not cut.
pub(crate) fn of_webp_frame(error: &image_webp::DecodingError) -> Error {
    match error {
        image_webp::DecodingError::IoError(error) if is_early_end(error) => {
            Error::corrupt(Format::WebP, "a frame's data end too early")
        }
        other => Error::corrupt(Format::WebP, sentence(other)),
    }
}

/// What `zune_jpeg` says of a file of `length` bytes.
pub(crate) fn of_jpeg(error: &DecodeErrors, length: usize) -> Error {
    let early = match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(ZByteIoError::NotEnoughBytes(..)) => true,
        DecodeErrors::IoErrors(ZByteIoError::StdIoError(error)) => is_early_end(error),
        DecodeErrors::Format(text) => says_early_end(text),
        DecodeErrors::FormatStatic(text) => says_early_end(text),
        _ => false,
    };
    if early {
        Error::truncated(Format::Jpeg, length)
    } else {
        Error::corrupt(Format::Jpeg, sentence(error))
    }
}

/// Whether an error says that the file is too short.
fn is_early_end(error: &(dyn StdError + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return error.kind() == io::ErrorKind::UnexpectedEof;
    }
    if let Some(error) = error.downcast_ref::<gif::DecodingError>() {
        return matches!(error, gif::DecodingError::UnexpectedEof);
    }
    // BMP, PNM and QOI: types of their own, which are private.
    says_early_end(&error.to_string())
}

/// Whether a text says so.
fn says_early_end(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "exhausted data",
        "failed to fill whole buffer",
        "no more bytes left",
        "not enough data",
        "premature end",
        "unexpected end",
        "unexpected input buffer end",
    ]
    .iter()
    .any(|phrase| text.contains(phrase))
}

/// An error's first cause, which is the decoder's own.
fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

/// Another crate's text as a part of this crate's own sentence: without its own punctuation, and without values as Rust
/// prints them.
fn sentence(error: &(impl Display + ?Sized)) -> String {
    let text = error.to_string();
    let text = text.trim_start_matches('"').trim_start_matches("[strict-mode]: ");
    if text.to_ascii_lowercase().starts_with("corrupt deflate stream") {
        // What follows is the name of a variant.
        return "its compressed data cannot be inflated".to_owned();
    }
    let is_plain = |text: &str| {
        ![" { ", "::", "Some(", "None"]
            .iter()
            .any(|part| text.contains(part))
    };
    let text = if is_plain(text) {
        text
    } else {
        match text.split_once(':') {
            Some((before, _)) if is_plain(before) => before,
            _ => "its parts do not fit one another",
        }
    };
    let text = text.trim_end_matches(['"', '.']);
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: &str = "truncated_image";
    const DAMAGED: &str = "corrupt_image";

    fn io(kind: io::ErrorKind) -> io::Error {
        kind.into()
    }

    #[test]
    fn an_error_of_reading_is_an_early_end_only_if_its_kind_says_so() {
        for (kind, code) in [
            (io::ErrorKind::UnexpectedEof, EARLY),
            (io::ErrorKind::InvalidData, DAMAGED),
        ] {
            let errors = [
                of_image(ImageError::IoError(io(kind)), Format::Bmp, 9),
                of_png(&png::DecodingError::IoError(io(kind)), 9),
                of_jpeg(&DecodeErrors::IoErrors(ZByteIoError::StdIoError(io(kind))), 9),
            ];
            for error in errors {
                assert_eq!(error.code(), code, "{kind}: {error}");
            }
        }
    }

    #[test]
    fn a_type_counts_and_not_what_its_text_happens_to_say() {
        let misleading = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "unexpected end of a code, truncated by EOF",
            )
        };
        let errors = [
            of_image(ImageError::IoError(misleading()), Format::Bmp, 9),
            of_png(&png::DecodingError::IoError(misleading()), 9),
        ];
        for error in errors {
            assert_eq!(error.code(), DAMAGED, "{error}");
        }
    }

    #[test]
    fn the_ends_of_a_jpeg_have_several_names() {
        for error in [
            DecodeErrors::ExhaustedData,
            DecodeErrors::IoErrors(ZByteIoError::NotEnoughBytes(1, 2)),
            DecodeErrors::FormatStatic("Premature end of buffer"),
            DecodeErrors::Format("No more bytes left in stream before marker".to_owned()),
        ] {
            assert_eq!(of_jpeg(&error, 9).code(), EARLY, "{error}");
        }
        for error in [
            DecodeErrors::HuffmanDecode("no such code".to_owned()),
            DecodeErrors::ZeroError,
        ] {
            assert_eq!(of_jpeg(&error, 9).code(), DAMAGED, "{error}");
        }
    }

    #[test]
    fn a_frame_that_ends_before_its_chunk_says_so_is_damage() {
        let error = of_webp_frame(&image_webp::DecodingError::IoError(io(
            io::ErrorKind::UnexpectedEof,
        )));
        assert_eq!(error.code(), DAMAGED, "{error}");
    }

    #[test]
    fn texts_of_others_become_parts_of_a_sentence() {
        for (text, expected) in [
            (
                "\"[strict-mode]: Extra bytes between headers\"",
                "extra bytes between headers",
            ),
            (
                "Corrupt deflate stream. BadZlibHeader",
                "its compressed data cannot be inflated",
            ),
            (
                "Chunk ChunkType { type: IDAT } is early.",
                "its parts do not fit one another",
            ),
            (
                "missing header line: have height=Some(4), depth=None",
                "missing header line",
            ),
            ("IDAT is missing.", "IDAT is missing"),
            ("", ""),
        ] {
            assert_eq!(sentence(text), expected);
        }
    }
}
