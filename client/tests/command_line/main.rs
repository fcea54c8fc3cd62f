//! What the command prints, on both streams, and how it ends, where no cloud is needed.

mod outputs;
mod support;
mod tables;
mod usage;
