//! Powers of ten.

use std::sync::OnceLock;

use num_bigint::BigInt;

/// A power that is looked up is `10^(STEP * high) * 10^low`.
const STEP: u32 = 128;
/// How many powers of `10^STEP` there are at most: for all exponents that numbers within the limits ask for.
const STEPS: u32 = 1_024;

pub(crate) fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10_u32).pow(exponent)
}

/// `value * 10^exponent`. Ten letters of text can ask for ten thousand digits: so that they do not take ten thousand times
/// as long to read as others, each power is made once.
pub(crate) fn times_power_of_ten(value: BigInt, exponent: u32) -> BigInt {
    static LOW: [OnceLock<BigInt>; STEP as usize] = [const { OnceLock::new() }; STEP as usize];
    static HIGH: [OnceLock<BigInt>; STEPS as usize] = [const { OnceLock::new() }; STEPS as usize];
    let low = exponent % STEP;
    let high = exponent - low;
    let Some(high_power) = HIGH.get((high / STEP) as usize) else {
        return value * power_of_ten(exponent);
    };
    let value = match low {
        0 => value,
        _ => value * LOW[low as usize].get_or_init(|| power_of_ten(low)),
    };
    match high {
        0 => value,
        _ => value * high_power.get_or_init(|| power_of_ten(high)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_looked_up_is_the_power() {
        for exponent in [0, 1, 127, 128, 129, 10_000, 131_071, 131_072, 131_073] {
            assert_eq!(
                times_power_of_ten(BigInt::from(-7), exponent),
                power_of_ten(exponent) * -7,
                "{exponent}"
            );
        }
    }
}
