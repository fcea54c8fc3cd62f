#![no_main]
//! WebP, lossy, lossless and animated.

mod common;

libfuzzer_sys::fuzz_target!(|data: &[u8]| common::run(b"RIFF????WEBP", data));
