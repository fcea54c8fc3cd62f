//! Converts one file, for measuring this crate by itself:
//! `cargo run --release -p errand-grayscale --example convert -- IN OUT [PARAMETERS]`, the parameters as JSON.

use std::process::ExitCode;

use errand_grayscale::{Limits, Parameters, convert};

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
    let conversion = convert(&std::fs::read(input)?, &parameters, &Limits::default())?;
    std::fs::write(output, conversion.bytes)?;
    println!("{}", conversion.report);
    Ok(())
}
