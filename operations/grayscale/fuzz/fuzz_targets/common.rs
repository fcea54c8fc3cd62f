//! What all targets share.

use errand_grayscale::{Format, Limits, Luma, Parameters, convert};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What a conversion may take, and what it may take in addition: threads, tables and the like, which do not grow with the
/// image.
const BUDGET: usize = 16 << 20;
const BESIDE: usize = 4 << 20;
/// The buffer that a TIFF's LZW encoder asks for, of which only what is written to becomes memory.
const LZW_BUFFER: usize = 16 << 20;

/// What an error's message may be long.
const LONGEST_MESSAGE: usize = 300;

/// Converts `data`, which is made to begin with `signature`, with parameters that its last two bytes choose: every format,
/// formula and choice with every other one.
pub fn run(signature: &[u8], data: &[u8]) {
    let mut bytes = data.to_vec();
    let head = bytes.len().min(signature.len());
    for (byte, wanted) in bytes[..head].iter_mut().zip(signature) {
        // A question mark stands for any byte.
        if *wanted != b'?' {
            *byte = *wanted;
        }
    }
    let &[.., further, choice] = data else {
        return;
    };
    let parameters = Parameters {
        format: (choice & 0x40 != 0).then_some(Format::ALL[usize::from(choice >> 3 & 7)]),
        luma: [Luma::Bt601, Luma::Bt601, Luma::Bt709, Luma::Linear][usize::from(choice & 3)],
        strip: choice & 4 != 0,
        true_gray: choice & 0x80 != 0,
        lenient: further & 1 != 0,
        optimize: further & 2 != 0,
        quality: (further & 4 != 0).then_some(further >> 1),
    };
    let to_tiff = parameters.format.or(Format::detect(&bytes).ok()) == Some(Format::Tiff);
    let most = BUDGET + BESIDE + if to_tiff { LZW_BUFFER } else { 0 };
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let outcome = convert(&bytes, &parameters, &Limits::new(BUDGET as u64));
    let taken = ALLOCATOR.peak_usage() - before;
    assert!(taken <= most, "{taken} bytes were taken");
    match outcome {
        Ok(conversion) => {
            assert_eq!(conversion.report.output_bytes, conversion.bytes.len() as u64);
            assert_eq!(Format::detect(&conversion.bytes).unwrap(), conversion.report.format);
        }
        Err(error) => {
            let text = error.to_string();
            assert!(text.chars().count() <= LONGEST_MESSAGE, "{text}");
        }
    }
}
