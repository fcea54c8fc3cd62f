//! The oracle for the pixels of JPEGs: libjpeg-turbo, as the Python package imagecodecs has it, on every sampling of two
//! components, interleaved or not, sequential or progressive, in every color model.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "small numbers throughout"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::jpeg_support::{Image, Random, segment};
use errand_grayscale::{Error, Format, Limits, Luma, Parameters, convert};

/// The interpreter: `ERRAND_TEST_PYTHON`, or `python3`.
fn python() -> String {
    env::var("ERRAND_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn imagecodecs_is_there() -> bool {
    let code = "import imagecodecs, numpy; assert imagecodecs.JPEG8.available";
    Command::new(python())
        .args(["-c", code])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What the components mean.
#[derive(Clone, Copy, Debug)]
enum Model {
    YCbCr,
    Rgb,
    Cmyk,
    Ycck,
}

impl Model {
    fn components(self) -> usize {
        match self {
            Self::YCbCr | Self::Rgb => 3,
            Self::Cmyk | Self::Ycck => 4,
        }
    }

    /// A file with the marker that tells the model.
    fn marked(self, jpeg: &[u8]) -> Vec<u8> {
        // Adobe Technical Note 5116, 18: version, flags, and the transform.
        let transform = match self {
            Self::YCbCr => return jpeg.to_vec(),
            Self::Rgb | Self::Cmyk => 0,
            Self::Ycck => 2,
        };
        let mut out = jpeg[..2].to_vec();
        segment(
            &mut out,
            0xEE,
            &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat(),
        );
        out.extend(&jpeg[2..]);
        out
    }

    /// What libjpeg-turbo is to decode to for a formula, and by how many levels two right decoders may differ: one for the
    /// inverse transform, which T.83 lets everyone round in his own way, and for a color transform that multiplies what
    /// it gets by up to 1.8 and weighs it again, or for a product of two components, one more.
    fn comparison(self, luma: Luma) -> (&'static str, u8) {
        match (self, luma) {
            (Self::YCbCr, Luma::Bt601) => ("grayscale", 1),
            (Self::YCbCr, _) => ("rgb", 2),
            (Self::Rgb, _) => ("rgb", 1),
            (Self::Cmyk | Self::Ycck, _) => ("cmyk", 2),
        }
    }
}

/// Coefficients of a picture that is neither white nor black almost everywhere, since out there decoders cut in their own ways.
fn picture(random: &mut Random, size: (usize, usize), sampling: &[(usize, usize)]) -> Image {
    let mut image = Image::random(random, size, sampling);
    for (index, plane) in image.planes.iter_mut().enumerate() {
        // The elements of the first component's table begin with 1, those of the others with 65.
        let (dc, ac) = if index == 0 { (800, 9) } else { (11, 1) };
        for block in &mut plane.blocks {
            *block = [0; 64];
            block[0] = random.between(-dc, dc);
            for _ in 0..random.below(4) {
                block[1 + random.below(9) as usize] = random.between(-ac, ac);
            }
        }
    }
    image
}

/// The same image as a sequential one without interleaving, sequential and progressive. libjpeg-turbo refuses units of more
/// than ten blocks (T.81, B.2.3): where there are some, only the first is for it.
fn files(random: &mut Random, image: &Image) -> Vec<Vec<u8>> {
    let mut apart = image.head(0xC1);
    for index in 0..image.planes.len() {
        image.scan(&mut apart, &[index], None, random.below(4) as u16);
    }
    apart.extend([0xFF, 0xD9]);
    let restart = random.below(6) as u16;
    vec![apart, image.sequential(restart), image.progressive(restart)]
}

fn pnm(jpeg: &[u8], luma: Luma) -> Result<Vec<u8>, Error> {
    let parameters = Parameters {
        format: Some(Format::Pnm),
        luma,
        ..Parameters::default()
    };
    convert(jpeg, &parameters, &Limits::default()).map(|conversion| conversion.bytes)
}

/// Whether each component has a whole share of the samples, or, for luma alone, the first.
fn is_whole(image: &Image, luma_alone: bool) -> bool {
    let planes = &image.planes;
    let across = planes.iter().map(|plane| plane.horizontal).max().unwrap();
    let down = planes.iter().map(|plane| plane.vertical).max().unwrap();
    let wanted = if luma_alone { 1 } else { planes.len() };
    planes[..wanted]
        .iter()
        .all(|plane| across % plane.horizontal == 0 && down % plane.vertical == 0)
}

#[test]
fn pixels_are_those_of_libjpeg_turbo_for_every_sampling_or_the_sampling_is_refused_by_name() {
    let mut random = Random(0x00DE_C0DE_D00D_1234);
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libjpeg-turbo");
    fs::create_dir_all(&out).unwrap();
    let factors: Vec<(usize, usize)> = (1..=4).flat_map(|h| (1..=4).map(move |v| (h, v))).collect();
    let mut lines = String::new();
    let (mut compared, mut refused) = (0, 0);
    for case in 0..2 * 256 {
        let model = [Model::YCbCr, Model::Rgb, Model::Cmyk, Model::Ycck][random.below(4) as usize];
        let luma = [Luma::Bt601, Luma::Bt709][random.below(2) as usize];
        // In one half of the cases the third component is as large as any: more of them are whole.
        let third = if case < 256 {
            factors[random.below(16) as usize]
        } else {
            (1, 1)
        };
        let sampling = [factors[case % 16], factors[case / 16 % 16], third, third];
        let sampling = &sampling[..model.components()];
        let size = (1 + random.below(40) as usize, 1 + random.below(40) as usize);
        let image = picture(&mut random, size, sampling);
        let blocks: usize = sampling.iter().map(|(h, v)| h * v).sum();
        let luma_alone = matches!((model, luma), (Model::YCbCr, Luma::Bt601));
        let context = format!("{model:?} {sampling:?} {size:?} {luma}");
        let mut first = None;
        for (way, jpeg) in files(&mut random, &image).iter().enumerate() {
            let jpeg = model.marked(jpeg);
            let gray = pnm(&jpeg, luma);
            if !is_whole(&image, luma_alone) {
                let error = gray.expect_err(&context).to_string();
                assert!(error.contains("no whole number"), "{context}: {error}");
                refused += 1;
                continue;
            }
            let gray = gray.unwrap_or_else(|error| panic!("{context}, {way}: {error}"));
            // The same coefficients give the same picture, whatever way they are written.
            assert!(
                *first.get_or_insert_with(|| gray.clone()) == gray,
                "{context}, {way}"
            );
            if way > 0 && blocks > 10 {
                continue;
            }
            let (space, tolerance) = model.comparison(luma);
            let path = |extension: &str| out.join(format!("{case}-{way}.{extension}"));
            fs::write(path("jpg"), &jpeg).unwrap();
            fs::write(path("pgm"), &gray).unwrap();
            let (jpeg, gray) = (path("jpg"), path("pgm"));
            let files = format!("{}\t{}", jpeg.display(), gray.display());
            writeln!(lines, "{files}\t{space}\t{luma}\t{tolerance}").unwrap();
            compared += 1;
        }
    }
    assert!(compared > 300 && refused > 100, "{compared} {refused}");
    let problem = problem_of(&lines);
    fs::remove_dir_all(&out).unwrap();
    assert_eq!(problem, "");
}

/// What the oracle finds fault with in the files that these lines name.
fn problem_of(lines: &str) -> String {
    if !imagecodecs_is_there() {
        println!(
            "SKIPPED: {} has no imagecodecs (pip install imagecodecs)",
            python()
        );
        return String::new();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libjpeg_turbo.py");
    let mut child = Command::new(python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() || !said.is_empty(), "the oracle failed");
    said
}

/// What a tool writes to standard output; nothing if it is not there.
fn output_of(tool: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new(tool).args(arguments).stderr(Stdio::null()).output();
    output.ok().map(|output| output.stdout)
}

/// Samples of a PGM or PPM.
fn body(pnm: &[u8]) -> &[u8] {
    pnm.splitn(4, |&byte| byte == b'\n').nth(3).unwrap()
}

/// Photographs, so to speak, by another encoder than ours: `cjpeg` and `djpeg`, Debian package `libjpeg-turbo-progs`.
#[test]
fn pixels_of_what_cjpeg_writes_are_those_of_djpeg() {
    if output_of("djpeg", &["-version"]).is_none() || output_of("cjpeg", &["-version"]).is_none() {
        println!("SKIPPED: cjpeg or djpeg is not installed (Debian package libjpeg-turbo-progs)");
        return;
    }
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("djpeg");
    fs::create_dir_all(&out).unwrap();
    let path = |name: &str| out.join(name).display().to_string();
    let (ppm, jpeg) = (path("in.ppm"), path("in.jpg"));
    let samplings = [
        "1x1",
        "2x1",
        "1x2",
        "2x2",
        "4x1",
        "1x4",
        "3x1",
        "2x1,1x2",
        "1x1,2x2",
        "1x1,2x1,1x2",
        "4x2,1x1,1x1",
    ];
    let mut random = Random(0x00C0_FFEE);
    for case in 0..88 {
        let (width, height) = (1 + random.below(60), 1 + random.below(60));
        let mut picture = format!("P6 {width} {height} 255\n").into_bytes();
        for place in 0..width * height {
            let (x, y) = (place % width, place / width);
            let levels = [90 + 2 * x, 200 - 2 * y, 60 + x + y];
            picture.extend(levels.map(|level| (level + random.below(30)) as u8));
        }
        fs::write(&ppm, picture).unwrap();
        let way: &[&str] = [
            &["-progressive"][..],
            &["-optimize"],
            &["-restart", "1"],
            &["-rgb"],
        ][case % 4];
        let sampling = samplings[case / 4 % samplings.len()];
        let arguments = [
            &["-quality", "85", "-sample", sampling, "-outfile", &jpeg],
            way,
            &[&ppm],
        ]
        .concat();
        output_of("cjpeg", &arguments).unwrap();
        let file = fs::read(&jpeg).unwrap();
        for luma in [Luma::Bt601, Luma::Bt709] {
            let context = format!("{sampling} {way:?} {width}x{height} {luma}");
            let found = pnm(&file, luma).unwrap_or_else(|error| panic!("{context}: {error}"));
            let luma_alone = luma == Luma::Bt601 && way != ["-rgb"];
            let kind = if luma_alone { "-grayscale" } else { "-pnm" };
            let theirs = output_of("djpeg", &[kind, "-pnm", &jpeg]).unwrap();
            let of_pixel = |pixel: &[u8]| luma.gray8(pixel[0], pixel[1], pixel[2]);
            let expected: Vec<u8> = if luma_alone {
                body(&theirs).to_vec()
            } else {
                body(&theirs).chunks(3).map(of_pixel).collect()
            };
            let found = body(&found);
            assert_eq!(found.len(), expected.len(), "{context}");
            let worst = found
                .iter()
                .zip(&expected)
                .map(|(one, other)| one.abs_diff(*other))
                .max();
            assert!(worst <= Some(2), "{context}: {worst:?} levels");
        }
    }
    fs::remove_dir_all(&out).unwrap();
}
