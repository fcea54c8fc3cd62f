//! How much work and memory one input may take, so that no input, however small or hostile, exhausts the machine.

/// Bounds on what one [`Accumulator`](crate::Accumulator) takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Most bytes the stored numbers may take; default 4 GiB.
    ///
    /// Decimals are stored as integers: all at as many decimal places as the longest fraction among them has. A stored
    /// integer takes 1, 2, 4 or 8 bytes if it fits 64 bits (as many as the widest of about 8,192 that are
    /// stored together), 32 bytes if it fits 128 bits, and else about 100 bytes and its digits. Not counted are a
    /// few megabytes a thread, the window of a zstd frame (at most 128 MiB, as the frame asks), and, when modes or
    /// the distinct count are asked for, some megabytes in which blocks are joined and read side by side.
    pub memory_bytes: usize,
    /// Most digits of one number, leading zeros counted, as it is written and as it is without an exponent; default
    /// 100,000.
    ///
    /// The time to read and print n digits grows faster than n: the limit keeps it within milliseconds.
    pub token_digits: usize,
    /// Most bytes of one CSV or TSV field and of the row of headers; default 1 MiB.
    pub field_bytes: usize,
    /// Most bytes that compressed input may become; default 64 GiB.
    pub decompressed_bytes: u64,
}

impl Limits {
    /// The largest exponent of ten that a number may be written with, above or below zero. It holds those of every
    /// floating-point format of IEEE 754-2019 (the widest, decimal128, has 6144), and keeps the digits that a few letters can
    /// ask for within what is read and multiplied in microseconds.
    pub const EXPONENT: u64 = 10_000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: usize::try_from(4_u64 << 30).unwrap_or(usize::MAX),
            token_digits: 100_000,
            field_bytes: 1 << 20,
            decompressed_bytes: 64 << 30,
        }
    }
}
