//! Numbers as a summary holds them: exact, or rounded exactly once, and always text in JSON.
//!
//! JSON readers that hold numbers as doubles lose integers above 2^53 and digits after the 17th, so no number that
//! could be damaged is written as a JSON number.

mod decimal;
pub(crate) mod factors;
mod fraction;
mod integer;
pub(crate) mod powers;
pub(crate) mod rounding;

pub use decimal::{Decimal, InvalidDecimal};
pub use fraction::Fraction;
pub(crate) use integer::from_digits;
pub use integer::{Integer, InvalidInteger};
