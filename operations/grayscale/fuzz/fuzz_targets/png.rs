#![no_main]
//! PNG. Checksums are rarely right by chance: the seeds' are.

mod common;

libfuzzer_sys::fuzz_target!(|data: &[u8]| common::run(b"\x89PNG\r\n\x1A\n", data));
