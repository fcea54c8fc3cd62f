#![no_main]
//! BMP, PNM and QOI, by their own signatures.

mod common;

libfuzzer_sys::fuzz_target!(|data: &[u8]| common::run(b"", data));
