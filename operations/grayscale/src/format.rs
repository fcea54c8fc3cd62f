//! The image formats that can be read and written, and how a file's first bytes tell them apart.

mod foreign;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::shortened;

/// An image format. All of them can be read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// JPEG (ITU-T T.81), in a JFIF or EXIF file.
    Jpeg,
    /// Portable Network Graphics, animated PNG included.
    Png,
    /// WebP, lossy, lossless or animated.
    WebP,
    /// GIF 87a and 89a, animated or not.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// Tagged Image File Format 6.0 and `BigTIFF`, of one page or several.
    Tiff,
    /// The Netpbm family: PBM, PGM, PPM and PAM.
    Pnm,
    /// The "Quite OK Image" format.
    Qoi,
}

impl Format {
    /// Every format, in the order in which messages list them.
    pub const ALL: [Self; 8] = [
        Self::Jpeg,
        Self::Png,
        Self::WebP,
        Self::Gif,
        Self::Bmp,
        Self::Tiff,
        Self::Pnm,
        Self::Qoi,
    ];

    /// The format that a file name's extension (without its dot, in any case) stands for.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" | "jpe" | "jfif" => Self::Jpeg,
            "png" | "apng" => Self::Png,
            "webp" => Self::WebP,
            "gif" => Self::Gif,
            "bmp" | "dib" => Self::Bmp,
            "tif" | "tiff" => Self::Tiff,
            "pnm" | "pbm" | "pgm" | "ppm" | "pam" => Self::Pnm,
            "qoi" => Self::Qoi,
            _ => return None,
        })
    }

    /// The extension, without a dot, that a file of this format should have.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Tiff => "tif",
            other => other.name(),
        }
    }

    /// The media type, as registered with IANA where it is.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
            Self::Pnm => "image/x-portable-anymap",
            Self::Qoi => "image/qoi",
        }
    }

    /// The format's lower-case name, as parameters and reports spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::Pnm => "pnm",
            Self::Qoi => "qoi",
        }
    }

    /// The format of a file, told by its first bytes. The rest of the file is not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyInput`], [`Error::UnsupportedFormat`] for an image of a kind that is known and not
    /// supported, [`Error::NotAnImage`] for everything else.
    pub fn detect(bytes: &[u8]) -> Result<Self, Error> {
        let format = match bytes {
            [] => return Err(Error::EmptyInput),
            [0xFF, 0xD8, 0xFF, ..] => Self::Jpeg,
            [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Self::Png,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::WebP,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Self::Gif,
            // The size of the header that follows the file header; text that begins with "BM" has none of them.
            [
                b'B',
                b'M',
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                12 | 16 | 40 | 52 | 56 | 64 | 108 | 124,
                0,
                0,
                0,
                ..,
            ] => Self::Bmp,
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Self::Tiff,
            [b'P', b'1'..=b'7', b'\n' | b'\r' | b'\t' | b' ' | b'#', ..] => Self::Pnm,
            [b'q', b'o', b'i', b'f', ..] => Self::Qoi,
            _ => return Err(Self::refusal(bytes)),
        };
        Ok(format)
    }

    /// What is wrong with bytes that are of no supported format.
    fn refusal(bytes: &[u8]) -> Error {
        if let Some(found) = unsupported_format(bytes) {
            return Error::UnsupportedFormat { found };
        }
        if Self::ALL
            .iter()
            .any(|format| format.signature().len() > bytes.len() && format.signature().starts_with(bytes))
        {
            return Error::Truncated {
                format: None,
                offset: bytes.len() as u64,
                lenient_helps: false,
            };
        }
        Error::NotAnImage {
            found: foreign::kind_of(bytes),
            beginning: beginning_of(bytes),
        }
    }

    /// The bytes that every file of the format begins with.
    fn signature(self) -> &'static [u8] {
        match self {
            Self::Jpeg => b"\xFF\xD8\xFF",
            Self::Png => b"\x89PNG\r\n\x1A\n",
            Self::WebP => b"RIFF",
            Self::Gif => b"GIF89a",
            Self::Bmp => b"BM",
            Self::Tiff => b"II\x2A\0",
            Self::Pnm => b"P",
            Self::Qoi => b"qoif",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// Takes a format's name or any extension that [`Format::from_extension`] knows.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::from_extension(text.trim()).ok_or_else(|| Error::UnknownFormat {
            name: shortened(text),
        })
    }
}

/// The name of a format that is recognized only to say that it is not supported.
fn unsupported_format(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8) == Some(b"ftyp") {
        // ISO base media files (ISO/IEC 14496-12): the major brand says what is inside.
        return Some(match bytes.get(8..12)? {
            b"avif" | b"avis" => "AVIF",
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => "HEIC/HEIF",
            b"crx " => "CR3 camera raw",
            _ => "MP4 or another ISO media file",
        });
    }
    let first_tag = bytes
        .iter()
        .position(|&byte| byte == b'<')
        .map(|start| &bytes[start..]);
    let within = |needle: &[u8]| {
        let head = &first_tag.unwrap_or_default()[..first_tag.unwrap_or_default().len().min(1024)];
        head.windows(needle.len()).any(|window| window == needle)
    };
    Some(match bytes {
        [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] | [0xFF, 0x0A, ..] => "JPEG XL",
        [0, 0, 0, 0x0C, b'j', b'P', ..] | [0xFF, 0x4F, 0xFF, 0x51, ..] => "JPEG 2000",
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        [b'%', b'!', b'P', b'S', ..] => "PostScript",
        [b'8', b'B', b'P', b'S', ..] => "Photoshop PSD",
        [0, 0, 1, 0, ..] => "Windows icon (ICO)",
        [b'D', b'D', b'S', b' ', ..] => "DDS",
        [0x76, 0x2F, 0x31, 0x01, ..] => "OpenEXR",
        [b'#', b'?', b'R', b'A', b'D', b'I', b'A', b'N', b'C', b'E', ..] => "Radiance HDR",
        [b'I', b'I', b'R' | b'U', ..] => "camera raw",
        [b'f', b'a', b'r', b'b', b'f', b'e', b'l', b'd', ..] => "farbfeld",
        [b'P', b'f' | b'F', b'\n', ..] => "Portable FloatMap",
        _ if within(b"<svg") => "SVG",
        _ => return None,
    })
}

/// The first few characters of a file that is no image, escaped to fit on one line.
fn beginning_of(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(16)];
    head.iter()
        .flat_map(|byte| byte.escape_ascii())
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_extensions_and_serde_agree() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
            assert_eq!(Format::from_extension(format.extension()), Some(format));
        }
        assert_eq!("JPG".parse::<Format>().unwrap(), Format::Jpeg);
        assert_eq!(Format::from_extension("txt"), None);
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_list_of_known_ones() {
        let message = "heic".parse::<Format>().unwrap_err().to_string();
        assert!(message.contains("heic") && message.contains("webp"), "{message}");
    }

    #[test]
    fn heic_and_avif_are_refused_by_name() {
        for (bytes, name) in [(b"\0\0\0\x18ftypheic", "HEIC"), (b"\0\0\0\x18ftypavif", "AVIF")] {
            let error = Format::detect(bytes).unwrap_err();
            assert_eq!(error.code(), "unsupported_format");
            assert!(
                error.to_string().contains(name) && error.to_string().contains("png"),
                "{error}"
            );
        }
    }

    #[test]
    fn text_and_nothing_are_told_apart() {
        assert_eq!(Format::detect(b"").unwrap_err().code(), "empty_input");
        let error = Format::detect(b"1, 2, 3\n").unwrap_err();
        assert_eq!(error.code(), "not_an_image");
        assert!(error.to_string().contains("1, 2, 3\\n"), "{error}");
        assert_eq!(
            Format::detect(b"BMW is a car maker").unwrap_err().code(),
            "not_an_image"
        );
        assert_eq!(Format::detect(b"\x89PN").unwrap_err().code(), "truncated_image");
    }

    #[test]
    fn an_svg_is_called_an_svg() {
        let error = Format::detect(b"<?xml version='1.0'?>\n<svg width='1'/>").unwrap_err();
        assert!(error.to_string().contains("SVG"), "{error}");
    }
}
