//! What is typed after `errand grayscale`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use errand_client::Destination;
use errand_grayscale::{Format, Luma};

use super::{ManyArguments, SendArguments, complete};
use crate::address;
use crate::preview::Preview;

/// Grayscale of an image, or of many
///
/// Takes JPEG, PNG, WebP, GIF, BMP, TIFF, PNM and QOI. The answer has the same format unless the output's name or
/// --format says otherwise. Of a folder, all files are taken that are images by their names, at any depth, and the tree is
/// kept: in the folder that -o names, or in output_ and the folder's name. `gray`, `grey` and `greyscale` are the same command.
///
/// Of s3://BUCKET/PREFIX/, in any bucket that the stack may read (its parameter ReadableBuckets), all objects are taken by one job that many
/// functions do; the images stay on S3 (--to), unless -o brings them here. What is no image is told, and fails by itself alone.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[command(aliases = ["gray", "grey", "greyscale"], after_help = "\
Examples:
  errand grayscale                          image.jpg becomes output_image.jpg
  errand grayscale photo.png -o gray.png
  errand grayscale photo.png -o gray.webp --quality 80
  errand grayscale photo.tif --luma bt709
  errand grayscale photo.jpg --preview      shows it, too
  errand grayscale photos/ -o gray/         photos/a/b.jpg becomes gray/a/b.jpg
  errand grayscale photos/ -o gray/ --skip-existing   does what is left, or new
  find . -name '*.jpg' -print0 | errand grayscale --files-from - -0 -o gray/
  errand grayscale s3://photos/2026/ --to s3://gray/2026/    any number, by many functions
  errand grayscale s3://photos/2026/ --tolerate 5% -o gray/  ... and brings them here")]
pub(crate) struct GrayscaleArguments {
    /// Images: files, folders, globs; `-` is standard input; s3://BUCKET/KEY, or s3://BUCKET/PREFIX/ for all below it
    /// [default: image.jpg]
    #[arg(env = "ERRAND_IMAGE", value_name = "FILE")]
    pub(crate) images: Vec<PathBuf>,

    /// Where the answer goes: a file, or a folder (one that is there, or with a slash, or for many); `-` is standard output
    /// [default: output_ and the image's name, in this folder]
    #[arg(short, long, env = "ERRAND_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Format of the answer: jpeg, png, webp, gif, bmp, tiff, pnm, qoi [default: as the output's name says, else
    /// the image's own]
    #[arg(
        long,
        env = "ERRAND_FORMAT",
        add = ArgValueCandidates::new(|| complete::words(Format::ALL.iter().map(|format| format.name())))
    )]
    pub(crate) format: Option<Format>,

    /// Formula for gray: bt601 (what JPEG's luma and Pillow's L are), bt709, linear (linear light)
    #[arg(
        long,
        env = "ERRAND_LUMA",
        default_value = "bt601",
        add = ArgValueCandidates::new(|| complete::words(["bt601", "bt709", "linear"]))
    )]
    pub(crate) luma: Luma,

    /// Quality, 1 to 100, where a lossy format has to be encoded anew
    #[arg(long, env = "ERRAND_QUALITY", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) quality: Option<u8>,

    /// Drop metadata that is of no use for showing the image
    #[arg(long, env = "ERRAND_STRIP")]
    pub(crate) strip: bool,

    /// Take more time for a smaller file
    #[arg(long, env = "ERRAND_OPTIMIZE")]
    pub(crate) optimize: bool,

    /// Keep what can be shown of a damaged JPEG instead of refusing it
    #[arg(long, env = "ERRAND_LENIENT")]
    pub(crate) lenient: bool,

    /// Give palette images a true gray channel
    #[arg(long, env = "ERRAND_TRUE_GRAY")]
    pub(crate) true_gray: bool,

    /// Show the picture on the terminal as well, once it is written: as the terminal can, or as kitty, iterm, sixel, blocks
    #[arg(long, env = "ERRAND_PREVIEW", value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "auto", hide_possible_values = true, conflicts_with = "detach")]
    pub(crate) preview: Option<Preview>,

    #[command(flatten)]
    pub(crate) send: SendArguments,

    /// Replace files that are there already
    #[arg(short, long, env = "ERRAND_FORCE")]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) many: ManyArguments,

    /// Leave answers that are there, whole and newer than their images: an interrupted run goes on (with --force, the
    /// others are replaced)
    #[arg(long, env = "ERRAND_SKIP_EXISTING", help_heading = "Many at once")]
    pub(crate) skip_existing: bool,

    /// Where the images go that become of those below s3://BUCKET/PREFIX/, whose tree is kept; one that is there and newer is
    /// left [default: the stack's result bucket, under the job's id]
    #[arg(long, env = "ERRAND_TO", value_name = "S3_PREFIX", value_parser = address::destination, help_heading = "Many at once")]
    pub(crate) to: Option<Destination>,

    /// How many of the images below s3://BUCKET/PREFIX/ may fail without failing the job: 5% [default: any]
    #[arg(long, env = "ERRAND_TOLERATE", value_name = "PERCENT", value_parser = percent, help_heading = "Many at once")]
    pub(crate) tolerate: Option<f64>,
}

/// A share, as in `5%`, `0.5%` or `5`.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse().ok();
    let share = number.filter(|share| (0.0..=100.0).contains(share));
    share.ok_or_else(|| "expected 0% to 100%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_number_of_percent() {
        assert_eq!(percent("5%"), Ok(5.0));
        assert_eq!(percent("0.5"), Ok(0.5));
        for wrong in ["", "%", "-1%", "101%", "five", "NaN", "inf"] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
    }
}
