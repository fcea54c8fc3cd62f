//! The library from outside, in one binary.

mod conversion;
mod damage;
mod metadata;
mod oracle;
mod reader;
mod support;
