//! Converts one file, for measuring this crate by itself:
//! `cargo run --release -p errand-grayscale --example convert -- IN OUT [PARAMETERS]`, the parameters as JSON.

use std::process::ExitCode;

use errand_grayscale::{Limits, Parameters, convert_to_rope};

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
    let conversion = convert_to_rope(&input, &parameters, &Limits::default())?;
    conversion.bytes.write_to(std::fs::File::create(output)?)?;
    println!("{}", conversion.report);
    Ok(())
}
