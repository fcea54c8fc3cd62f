//! operations/grayscale
