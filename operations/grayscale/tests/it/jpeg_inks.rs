//! JPEGs of four inks: CMYK and YCCK, whose samples are inverted, as Adobe began it.
//!
//! The files are assembled coefficient by coefficient: patches of one color, so that each decodes to exactly the samples
//! put in. What their gray should be is computed here from the inks, in real numbers.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "samples of eight bits throughout"
)]

use crate::jpeg_support::{Image, Random, segment};
use errand_grayscale::{Error, Format, Limits, Luma, Parameters, convert};

/// Marker and payload of Adobe's segment (Adobe Technical Note 5116, 18): version, flags, and the transform.
const ADOBE: u8 = 0xEE;
const ADOBE_CMYK: &[u8] = b"Adobe\0\x64\0\0\0\0\0";
const ADOBE_YCCK: &[u8] = b"Adobe\0\x64\0\0\0\0\x02";

/// Cyan, magenta, yellow and black of each patch, 255 being all ink.
const PATCHES: [[u8; 4]; 12] = [
    [0, 0, 0, 0],
    [255, 0, 0, 0],
    [0, 255, 0, 0],
    [0, 0, 255, 0],
    [0, 0, 0, 255],
    [255, 255, 255, 0],
    [255, 255, 0, 0],
    [40, 180, 90, 0],
    [40, 180, 90, 60],
    [200, 20, 120, 30],
    [10, 10, 10, 200],
    [128, 128, 128, 128],
];

/// Patches of 16 x 16 samples in one row, from the four components of each, sampled by these factors.
fn jpeg_of(samples: &[[u8; 4]], sampling: [(usize, usize); 4], adobe: Option<&[u8]>) -> Vec<u8> {
    let size = (16 * samples.len(), 16);
    let mut image = Image::random(&mut Random(1), size, &sampling);
    let (across, down) = image.planes.iter().fold((1, 1), |(across, down), plane| {
        (across.max(plane.horizontal), down.max(plane.vertical))
    });
    for (component, plane) in image.planes.iter_mut().enumerate() {
        // Blocks that a patch of 16 samples takes of this plane.
        let width = 2 * plane.horizontal / across;
        for (at, block) in plane.blocks.iter_mut().enumerate() {
            *block = [0; 64];
            // The first coefficient is eight times the mean of the samples less 128 (T.81, A.3.3).
            block[0] = (i32::from(samples[at % plane.columns / width][component]) - 128) * 8;
        }
        assert_eq!(
            plane.blocks.len(),
            samples.len() * width * (2 * plane.vertical / down)
        );
    }
    let mut jpeg = image.sequential(0);
    // All components take the first quantization table, whose first element is 1.
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    for component in 0..4 {
        jpeg[frame + 10 + 3 * component + 2] = 0;
    }
    let mut out = jpeg[..2].to_vec();
    if let Some(payload) = adobe {
        segment(&mut out, ADOBE, payload);
    }
    out.extend(&jpeg[2..]);
    out
}

/// Luma and two color differences of red, green and blue (T.871, 7).
fn transformed([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let [red, green, blue] = [red, green, blue].map(f64::from);
    [
        0.299 * red + 0.587 * green + 0.114 * blue,
        128.0 - 0.168_735_9 * red - 0.331_264_1 * green + 0.5 * blue,
        128.0 + 0.5 * red - 0.418_687_6 * green - 0.081_312_4 * blue,
    ]
    .map(|value| value.round().clamp(0.0, 255.0) as u8)
}

/// The gray of inks on white paper.
fn expected([cyan, magenta, yellow, black]: [u8; 4], weights: [f64; 3]) -> f64 {
    let light = |ink: u8| 1.0 - f64::from(ink) / 255.0;
    let gray = weights[0] * light(cyan) + weights[1] * light(magenta) + weights[2] * light(yellow);
    255.0 * gray * light(black)
}

/// The gray in the middle of each patch.
fn grays(jpeg: &[u8], luma: Luma) -> Vec<u8> {
    let parameters = Parameters {
        format: Some(Format::Pnm),
        luma,
        ..Parameters::default()
    };
    let pnm = convert(jpeg, &parameters, &Limits::default()).unwrap().bytes;
    let width = 16 * PATCHES.len();
    let pixels = &pnm[pnm.len() - 16 * width..];
    (0..PATCHES.len())
        .map(|patch| pixels[8 * width + 16 * patch + 8])
        .collect()
}

fn assert_near(found: &[u8], weights: [f64; 3], tolerance: f64) {
    for (found, inks) in found.iter().zip(PATCHES) {
        let expected = expected(inks, weights);
        assert!(
            (f64::from(*found) - expected).abs() <= tolerance,
            "inks {inks:?} became {found}, not {expected:.1}"
        );
    }
}

const EQUAL: [(usize, usize); 4] = [(1, 1); 4];
/// What encoders write: the color differences halved, black not.
const HALVED: [(usize, usize); 4] = [(2, 2), (1, 1), (1, 1), (2, 2)];

const FORMULAS: [(Luma, [f64; 3]); 2] = [
    (Luma::Bt601, [0.299, 0.587, 0.114]),
    (Luma::Bt709, [0.2126, 0.7152, 0.0722]),
];

#[test]
fn cmyk_is_stored_inverted_with_and_without_an_adobe_marker() {
    let inverted = PATCHES.map(|inks| inks.map(|ink| 255 - ink));
    for adobe in [Some(ADOBE_CMYK), None] {
        let jpeg = jpeg_of(&inverted, EQUAL, adobe);
        for (luma, weights) in FORMULAS {
            assert_near(&grays(&jpeg, luma), weights, 1.01);
        }
    }
}

#[test]
fn ycck_is_undone_to_inks_before_their_gray_is_computed() {
    // What is stored as inks is inverted; what is transformed is the inverse of that, so the inks themselves.
    let stored = PATCHES.map(|[cyan, magenta, yellow, black]| {
        let [luma, blue, red] = transformed([cyan, magenta, yellow]);
        [luma, blue, red, 255 - black]
    });
    for sampling in [EQUAL, HALVED] {
        let jpeg = jpeg_of(&stored, sampling, Some(ADOBE_YCCK));
        for (luma, weights) in FORMULAS {
            // Rounding in the transform costs a level of each ink.
            assert_near(&grays(&jpeg, luma), weights, 2.0);
        }
    }
}

#[test]
fn a_ycck_jpeg_becomes_a_gray_jpeg_by_way_of_pixels() {
    let stored = PATCHES.map(|[cyan, magenta, yellow, black]| {
        let [luma, blue, red] = transformed([cyan, magenta, yellow]);
        [luma, blue, red, 255 - black]
    });
    let jpeg = jpeg_of(&stored, HALVED, Some(ADOBE_YCCK));
    let parameters = Parameters {
        quality: Some(100),
        ..Parameters::default()
    };
    let gray = convert(&jpeg, &parameters, &Limits::default()).unwrap();
    assert_eq!(gray.report.route.to_string(), "pixels");
    assert_near(&grays(&gray.bytes, Luma::Bt601), FORMULAS[0].1, 3.0);
}

#[test]
fn four_inks_that_are_cut_are_refused_and_kept_on_demand() {
    let jpeg = jpeg_of(&PATCHES, EQUAL, Some(ADOBE_CMYK));
    let cut = &jpeg[..jpeg.len() - 40];
    let error = convert(cut, &Parameters::default(), &Limits::default()).unwrap_err();
    assert!(
        matches!(error, Error::Truncated { .. } | Error::Corrupt { .. }),
        "{error}"
    );
    let parameters = Parameters {
        lenient: true,
        ..Parameters::default()
    };
    assert!(convert(cut, &parameters, &Limits::default()).is_ok());
}
