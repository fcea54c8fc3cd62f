//! What a program without this crate would do: decode all frames with the image crate, `to_luma8`, encode. `make bench`
//! measures it beside errand: `cargo run --release -p errand-grayscale --example plain_image_crate -- IN OUT`.
//!
//! Formats by the files' names. JPEG with quality 90. The image crate writes no lossy WebP: name a `.jpg` instead.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::codecs::jpeg::JpegEncoder;
use image::{AnimationDecoder as _, DynamicImage, Frame, ImageReader, ImageResult, Limits};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        eprintln!("usage: plain_image_crate IN OUT");
        return ExitCode::from(2);
    };
    let (input, output) = (Path::new(input), Path::new(output));
    let converted = if input.extension().is_some_and(|extension| extension == "gif") {
        animation(input, output)
    } else {
        still(input, output)
    };
    match converted {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn still(input: &Path, output: &Path) -> ImageResult<()> {
    let mut reader = ImageReader::open(input)?;
    reader.limits(Limits::no_limits());
    let gray = reader.decode()?.to_luma8();
    if output.extension().is_some_and(|extension| extension == "jpg") {
        let mut file = BufWriter::new(File::create(output)?);
        JpegEncoder::new_with_quality(&mut file, 90).encode_image(&gray)?;
        Ok(file.flush()?)
    } else {
        gray.save(output)
    }
}

fn animation(input: &Path, output: &Path) -> ImageResult<()> {
    let frames = GifDecoder::new(BufReader::new(File::open(input)?))?.into_frames();
    let mut file = BufWriter::new(File::create(output)?);
    let mut encoder = GifEncoder::new_with_speed(&mut file, 10);
    encoder.set_repeat(Repeat::Infinite)?;
    for frame in frames {
        let frame = frame?;
        let delay = frame.delay();
        let gray = DynamicImage::ImageRgba8(frame.into_buffer()).to_luma8();
        let gray = DynamicImage::ImageLuma8(gray).to_rgba8();
        encoder.encode_frame(Frame::from_parts(gray, 0, 0, delay))?;
    }
    drop(encoder);
    Ok(file.flush()?)
}
