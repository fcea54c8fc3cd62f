//! Bringing all values to the same number of decimal places.

use std::mem;

use num_bigint::BigInt;

use super::block::Block;
use super::totals::Totals;
use super::{Keep, Values};
use crate::cancel::Cancel;
use crate::number::powers::times_power_of_ten;
use crate::{Error, Limits};

/// Powers of ten that fit 64 bits with a sign, and 128.
const NARROW_PLACES: u32 = 18;
const WIDE_PLACES: u32 = 38;

/// Values at fewer decimal places than others.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) places: u32,
    pub(super) blocks: Vec<Block>,
    pub(super) wide: Vec<i128>,
    pub(super) big: Vec<BigInt>,
    bytes: usize,
    pub(super) totals: Totals,
}

impl Part {
    pub(super) fn count(&self) -> u64 {
        let narrow: usize = self.blocks.iter().map(Block::len).sum();
        (narrow + self.wide.len() + self.big.len()) as u64 + self.totals.count()
    }
}

impl Values {
    /// Holds what comes next at `places` at least, which a token has that a message shows as `token`.
    pub(crate) fn hold_places(&mut self, places: u32, token: impl FnOnce() -> String) {
        if places <= self.places {
            return;
        }
        self.longest = token();
        self.close_batch();
        let part = Part {
            places: self.places,
            blocks: mem::take(&mut self.blocks),
            wide: mem::take(&mut self.wide),
            big: mem::take(&mut self.big),
            bytes: mem::take(&mut self.bytes) + size_of::<Part>(),
            totals: mem::take(&mut self.totals),
        };
        self.places = places;
        if part.count() > 0 {
            self.earlier_bytes += part.bytes;
            self.earlier.push(part);
        }
    }

    /// Brings all values to the most decimal places of any.
    ///
    /// # Errors
    ///
    /// [`Error::MemoryBudgetExceeded`] if they are too large there: a number takes the memory of its digits, and with
    /// 1000 decimal places, even 1 has 1001. [`Error::Canceled`].
    pub(crate) fn align(&mut self, limits: &Limits, cancel: &Cancel) -> Result<(), Error> {
        let mut parts = mem::take(&mut self.earlier);
        parts.sort_by_key(|part| part.places);
        let mut totals = Totals::default();
        let mut totals_places = 0;
        for part in parts {
            cancel.check()?;
            if matches!(self.keep, Keep::Sums) {
                // From the fewest places up, so that the sum so far is multiplied by a small power each time.
                totals = totals.scaled(part.places - totals_places);
                totals_places = part.places;
                totals.append(part.totals);
                for block in part.blocks {
                    totals.append(block.totals());
                }
            } else {
                self.take(part, limits, cancel)?;
            }
        }
        self.totals.append(totals.scaled(self.places - totals_places));
        self.earlier_bytes = 0;
        self.check(limits)
    }

    /// Takes the values of a part, at these places. Each of its blocks is freed once it was read.
    fn take(&mut self, part: Part, limits: &Limits, cancel: &Cancel) -> Result<(), Error> {
        let up = self.places - part.places;
        let mut left = part.bytes;
        for block in part.blocks {
            cancel.check()?;
            let bytes = block.bytes();
            self.take_block(&block, up, limits)?;
            drop(block);
            left = left.saturating_sub(bytes);
            self.earlier_bytes = self.earlier_bytes.saturating_sub(bytes);
        }
        for value in part.wide {
            self.push_times(value, up);
            self.check(limits)?;
        }
        for value in part.big {
            self.push_big(times_power_of_ten(value, up));
            self.check(limits)?;
        }
        self.earlier_bytes = self.earlier_bytes.saturating_sub(left);
        Ok(())
    }

    fn take_block(&mut self, block: &Block, up: u32, limits: &Limits) -> Result<(), Error> {
        let power = (up <= NARROW_PLACES).then(|| 10_i64.pow(up));
        let fits = |power: &i64| {
            block.minimum.checked_mul(*power).is_some() && block.maximum.checked_mul(*power).is_some()
        };
        if let Some(power) = power.filter(fits) {
            block.for_each(|value| self.push(value * power));
            return self.check(limits);
        }
        let mut result = Ok(());
        block.for_each(|value| {
            if result.is_ok() {
                self.push_times(value.into(), up);
                result = self.check(limits);
            }
        });
        result
    }

    /// Stores `value * 10^up`.
    fn push_times(&mut self, value: i128, up: u32) {
        let product = (up <= WIDE_PLACES)
            .then(|| value.checked_mul(10_i128.pow(up)))
            .flatten();
        match product {
            Some(product) => self.push_wide(product),
            None if value == 0 => self.push(0),
            None => self.push_big(times_power_of_ten(value.into(), up)),
        }
    }
}
