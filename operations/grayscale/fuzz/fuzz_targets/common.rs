//! What all targets share.

use errand_grayscale::{Format, Limits, Luma, Parameters, convert};

/// Converts `data`, which is made to begin with `signature`, with parameters that its last byte chooses.
pub fn run(signature: &[u8], data: &[u8]) {
    let mut bytes = data.to_vec();
    let head = bytes.len().min(signature.len());
    for (byte, wanted) in bytes[..head].iter_mut().zip(signature) {
        // A question mark stands for any byte.
        if *wanted != b'?' {
            *byte = *wanted;
        }
    }
    let choice = data.last().copied().unwrap_or_default();
    let parameters = Parameters {
        format: (choice & 0x40 != 0).then_some(Format::ALL[usize::from(choice >> 3 & 7)]),
        luma: [Luma::Bt601, Luma::Bt601, Luma::Bt709, Luma::Linear][usize::from(choice & 3)],
        strip: choice & 4 != 0,
        true_gray: choice & 0x80 != 0,
        ..Parameters::default()
    };
    let limits = Limits::new(64 << 20);
    if let Ok(conversion) = convert(&bytes, &parameters, &limits) {
        assert_eq!(conversion.report.output_bytes, conversion.bytes.len() as u64);
        assert_eq!(Format::detect(&conversion.bytes).unwrap(), conversion.report.format);
    }
}
