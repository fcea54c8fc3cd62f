#![no_main]
//! TIFF, little-endian.

mod common;

libfuzzer_sys::fuzz_target!(|data: &[u8]| common::run(b"II*\0", data));
