//! Powers of ten.

use std::sync::OnceLock;

use num_bigint::BigInt;

/// Exponents up to which powers are looked up: all that one token's exponent and a few digits can ask for.
const LOOKED_UP: u32 = 12_800;
/// A looked-up power is `10^(STEP * high) * 10^low`.
const STEP: u32 = 128;

pub(crate) fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10_u32).pow(exponent)
}

/// `value * 10^exponent`. Ten letters of text can ask for ten thousand digits: so that they do not take ten thousand times
/// as long to read as others, the powers are made once.
pub(crate) fn times_power_of_ten(value: BigInt, exponent: u32) -> BigInt {
    static LOW: OnceLock<Vec<BigInt>> = OnceLock::new();
    static HIGH: OnceLock<Vec<BigInt>> = OnceLock::new();
    if exponent == 0 {
        return value;
    }
    if exponent >= LOOKED_UP {
        return value * power_of_ten(exponent);
    }
    let low = LOW.get_or_init(|| successive(&BigInt::from(10), STEP));
    let value = value * &low[(exponent % STEP) as usize];
    if exponent < STEP {
        return value;
    }
    let high = HIGH.get_or_init(|| successive(&power_of_ten(STEP), LOOKED_UP / STEP));
    value * &high[(exponent / STEP) as usize]
}

/// The first `count` powers of `base`, from 1 on.
fn successive(base: &BigInt, count: u32) -> Vec<BigInt> {
    let powers = std::iter::successors(Some(BigInt::from(1)), |power| Some(power * base));
    powers.take(count as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_looked_up_is_the_power() {
        for exponent in [0, 1, 127, 128, 129, 10_000, 12_799, 12_800, 12_801] {
            assert_eq!(
                times_power_of_ten(BigInt::from(-7), exponent),
                power_of_ten(exponent) * -7,
                "{exponent}"
            );
        }
    }
}
