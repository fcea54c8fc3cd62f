//! The library from outside, in one binary.

mod components;
mod conversion;
mod damage;
mod metadata;
mod oracle;
mod reader;
mod support;
mod writer;
