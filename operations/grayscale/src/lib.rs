//! operations/grayscale

pub mod jpeg;
