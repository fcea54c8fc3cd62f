//! Any bytes as a JPEG, in the compressed domain, by way of pixels and to other formats. What the compressed domain does
//! by itself is fuzzed in `jpeg-luma`.

#![no_main]

mod common;

libfuzzer_sys::fuzz_target!(|input: &[u8]| common::run(b"\xFF\xD8\xFF", input));
