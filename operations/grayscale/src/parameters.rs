//! What the caller chooses.

use serde::{Deserialize, Serialize};

use crate::{Error, Format, Luma};

/// How an image is to be converted. The default keeps the format, computes BT.601 luma and keeps metadata.
///
/// Fields may be added: build it with `..Parameters::default()`.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a choice by itself, named as on the command line"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// The output's format; `None` keeps the input's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The formula that computes one gray value from three color values.
    pub luma: Luma,
    /// 1 (smallest) to 100 (best), where a lossy format has to be encoded anew; `None` takes
    /// [`DEFAULT_QUALITY`](Self::DEFAULT_QUALITY). Routes that copy the luma, and lossless formats, take no notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<u8>,
    /// Drops metadata that is not needed to show the image. Orientation, density and gamma stay.
    pub strip: bool,
    /// Spends more time on a smaller file, where the format allows it without loss.
    pub optimize: bool,
    /// Keeps what can be shown of a damaged or truncated JPEG instead of refusing it.
    pub lenient: bool,
    /// Gives palette images (PNG, BMP) a true gray channel. Without it their palette is rewritten in place and the
    /// pixels are left alone.
    pub true_gray: bool,
}

impl Parameters {
    /// The quality that lossy formats are encoded with where none is asked for.
    pub const DEFAULT_QUALITY: u8 = 90;

    /// The quality to encode with.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidQuality`] when it is not from 1 to 100.
    pub(crate) fn checked_quality(&self) -> Result<u8, Error> {
        match self.quality {
            Some(quality) if !(1..=100).contains(&quality) => Err(Error::InvalidQuality { quality }),
            quality => Ok(quality.unwrap_or(Self::DEFAULT_QUALITY)),
        }
    }
}

/// The parameter that an option of `errand grayscale` stands for (without its hyphens), and a value of it in JSON, for an
/// example: messages name the options, and not everybody who sends an image has a command line.
#[must_use]
pub fn parameter_of_option(option: &str) -> Option<(&'static str, &'static str)> {
    Some(match option {
        "format" => ("format", "\"png\""),
        "lenient" => ("lenient", "true"),
        "luma" => ("luma", "\"bt709\""),
        "optimize" => ("optimize", "true"),
        "quality" => ("quality", "80"),
        "strip" => ("strip", "true"),
        "true-gray" => ("true_gray", "true"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_s_parameter_is_one_and_so_is_the_example_of_its_value() {
        for option in [
            "format",
            "lenient",
            "luma",
            "optimize",
            "quality",
            "strip",
            "true-gray",
        ] {
            let (name, example) = parameter_of_option(option).unwrap();
            let parameters: Parameters = serde_json::from_str(&format!("{{\"{name}\":{example}}}")).unwrap();
            assert_ne!(parameters, Parameters::default(), "{name}");
        }
        assert_eq!(parameter_of_option("offline"), None);
    }

    #[test]
    fn a_quality_outside_of_1_to_100_is_refused() {
        for (quality, fine) in [
            (None, true),
            (Some(1), true),
            (Some(100), true),
            (Some(0), false),
            (Some(101), false),
        ] {
            let parameters = Parameters {
                quality,
                ..Parameters::default()
            };
            assert_eq!(parameters.checked_quality().is_ok(), fine, "{quality:?}");
        }
    }
}
