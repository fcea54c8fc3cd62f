//! Converts one file, for measuring this crate by itself:
//! `cargo run --release -p errand-grayscale --example convert -- IN OUT [PARAMETERS]`, the parameters as JSON.

use std::io::Write;
use std::process::ExitCode;

use errand_grayscale::{Limits, Parameters, convert_in_pieces};

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let (input, output, parameters) = match arguments {
        [input, output] => (input, output, Parameters::default()),
        [input, output, parameters] => (input, output, serde_json::from_str(parameters)?),
        _ => return Err("usage: convert IN OUT [PARAMETERS]".into()),
    };
    let input = std::fs::read(input)?;
    let conversion = convert_in_pieces(&input, &parameters, &Limits::default())?;
    let mut file = std::fs::File::create(output)?;
    for slice in conversion.bytes.slices() {
        file.write_all(slice)?;
    }
    println!("{}", conversion.report);
    Ok(())
}
