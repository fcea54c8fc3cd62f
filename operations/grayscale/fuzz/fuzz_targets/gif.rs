#![no_main]
//! GIF.

mod common;

libfuzzer_sys::fuzz_target!(|data: &[u8]| common::run(b"GIF89a", data));
