//! Factors of powers of ten.

use std::iter;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::Zero as _;

/// How many zeros end the value, up to `most`; zero has all.
pub(crate) fn of_ten(value: BigInt, most: u32) -> u32 {
    let Some(twos) = value.trailing_zeros() else {
        return most;
    };
    let most = most.min(u32::try_from(twos).unwrap_or(u32::MAX));
    without(value, 5, most).1
}

/// The value without as many factors `prime` as it has, up to `most`, and how many those are; of zero, all.
pub(crate) fn without(value: BigInt, prime: u32, most: u32) -> (BigInt, u32) {
    if value.is_zero() {
        return (value, most);
    }
    // The factors by the squares of squares, from the largest down: each is tried once.
    let powers: Vec<BigInt> = iter::successors(Some(BigInt::from(prime)), |power| Some(power * power))
        .take((u32::BITS - most.leading_zeros()) as usize)
        .collect();
    let mut rest = value;
    let mut removed = 0;
    for (exponent, power) in powers.iter().enumerate().rev() {
        let count = 1 << exponent;
        if removed + count <= most && power.bits() <= rest.bits() {
            let (quotient, remainder) = rest.div_rem(power);
            if remainder.is_zero() {
                rest = quotient;
                removed += count;
            }
        }
    }
    (rest, removed)
}
