#![no_main]
//! PNG. Checksums are rarely right by chance, so they are set right before all but every eighth conversion.

mod common;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut data = data.to_vec();
    if data.first().is_some_and(|first| first % 8 != 0) {
        repair_checksums(&mut data);
    }
    common::run(b"\x89PNG\r\n\x1A\n", &data);
});

fn repair_checksums(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let end = (at + 8).saturating_add(u32::from_be_bytes(*length) as usize);
        if end.saturating_add(4) > bytes.len() {
            return;
        }
        let checksum = crc32fast::hash(&bytes[at + 4..end]);
        bytes[end..end + 4].copy_from_slice(&checksum.to_be_bytes());
        at = end + 4;
    }
}
