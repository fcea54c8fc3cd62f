//! Makes a JPEG gray: `cargo run --release -p jpeg-luma --example grayscale -- in.jpg out.jpg`. Options may follow:
//! `--optimize`, `--lenient`, `--strip`.

use std::error::Error;
use std::fs::{self, File};
use std::process::ExitCode;

use jpeg_luma::{Options, Outcome, grayscale_to};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [input, output, flags @ ..] = arguments else {
        return Err("usage: grayscale IN.jpg OUT.jpg [--optimize] [--lenient] [--strip]".into());
    };
    let mut options = Options::default();
    for flag in flags {
        options = match flag.as_str() {
            "--optimize" => options.optimize(true),
            "--lenient" => options.lenient(true),
            "--strip" => options.strip(true),
            other => return Err(format!("unknown option {other}").into()),
        };
    }
    let jpeg = fs::read(input)?;
    match grayscale_to(&jpeg, &options, &mut File::create(output)?)? {
        Outcome::Gray(_) => Ok(()),
        Outcome::NeedsPixels(reason, _) => {
            Err(format!("gray has to be computed from pixels: {reason:?}").into())
        }
    }
}
