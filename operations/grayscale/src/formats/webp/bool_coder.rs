//! VP8's arithmetic coder (RFC 6386, section 7): each bit is coded with the probability, over 256, that it is zero.

/// Bits of one partition.
pub(super) struct Reader<'a> {
    input: &'a [u8],
    position: usize,
    /// The bits read ahead: the upper eight of `bits + 8` are compared with the range.
    value: u64,
    bits: i32,
    range: u32,
}

/// A decoder may look this far past a partition's end, where zeros are assumed.
const MARGIN_BYTES: usize = 8;

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            position: 0,
            value: 0,
            bits: -8,
            range: 255,
        }
    }

    #[inline]
    pub(super) fn read(&mut self, probability: u8) -> bool {
        if self.bits < 0 {
            self.fill();
        }
        let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
        let bit = (self.value >> self.bits) as u32 >= split;
        if bit {
            self.value -= u64::from(split) << self.bits;
            self.range -= split;
        } else {
            self.range = split;
        }
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.bits -= shift.cast_signed();
        bit
    }

    fn fill(&mut self) {
        if let Some(next) = self
            .input
            .get(self.position..)
            .and_then(|rest| rest.first_chunk::<8>())
        {
            // Seven bytes: with the eight bits or fewer that are left, they fit.
            self.value = (self.value << 56) | (u64::from_be_bytes(*next) >> 8);
            self.position += 7;
            self.bits += 56;
        } else {
            let byte = self.input.get(self.position).copied().unwrap_or(0);
            self.value = (self.value << 8) | u64::from(byte);
            self.position += 1;
            self.bits += 8;
        }
    }

    /// Whether bits were read that the partition does not have.
    pub(super) fn overran(&self) -> bool {
        self.position > self.input.len() + MARGIN_BYTES
    }
}

/// What takes the bits of a partition.
pub(super) trait Write {
    fn write(&mut self, bit: bool, probability: u8);
}

/// Bits that are read and dropped.
pub(super) struct Nowhere;

impl Write for Nowhere {
    #[inline]
    fn write(&mut self, _: bool, _: u8) {}
}

/// Writes the bits of one partition.
pub(super) struct Writer {
    output: Vec<u8>,
    /// A carry, `pending` bits that are not written yet, and eight that the range is subtracted from.
    low: u64,
    pending: u32,
    range: u32,
}

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            output: Vec::with_capacity(bytes),
            low: 0,
            pending: 0,
            range: 255,
        }
    }

    /// The partition's bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        // All that is left, filled up with zeros to whole bytes.
        let left = self.pending + 8;
        let padding = left.next_multiple_of(8) - left;
        self.low <<= padding;
        let left = left + padding;
        if self.low >> left != 0 {
            self.carry();
        }
        for byte in (0..left / 8).rev() {
            self.output.push((self.low >> (byte * 8)) as u8);
        }
        self.output
    }

    /// Adds one to what was written already.
    #[cold]
    fn carry(&mut self) {
        for byte in self.output.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
}

impl Write for Writer {
    #[inline]
    fn write(&mut self, bit: bool, probability: u8) {
        let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
        if bit {
            self.low += u64::from(split);
            self.range -= split;
        } else {
            self.range = split;
        }
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.low <<= shift;
        self.pending += shift;
        if self.pending >= 40 {
            let below = self.pending + 8 - 32;
            let ready = self.low >> below;
            if ready >> 32 != 0 {
                self.carry();
            }
            self.output.extend_from_slice(&(ready as u32).to_be_bytes());
            self.low &= (1 << below) - 1;
            self.pending -= 32;
        }
    }
}

/// Bits that go from a partition to its copy.
pub(super) struct Copier<'r, 'a, W> {
    pub(super) reader: &'r mut Reader<'a>,
    pub(super) writer: &'r mut W,
}

impl<W: Write> Copier<'_, '_, W> {
    #[inline]
    pub(super) fn bit(&mut self, probability: u8) -> bool {
        let bit = self.reader.read(probability);
        self.writer.write(bit, probability);
        bit
    }

    /// A number of `bits` bits, each as likely zero as one, the highest first.
    pub(super) fn number(&mut self, bits: u32) -> u32 {
        (0..bits).fold(0, |number, _| number << 1 | u32::from(self.bit(128)))
    }

    /// A number of `bits` bits and a sign, after a flag that says whether it is there.
    pub(super) fn optional_signed(&mut self, bits: u32) {
        if self.bit(128) {
            self.number(bits + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        // Probabilities and bits that look random, with long runs of improbable ones to provoke carries.
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        let coded: Vec<(bool, u8)> = (0..200_000)
            .map(|_| {
                let probability = (next() % 255 + 1) as u8;
                let surprising = next() % 16 == 0;
                (
                    (next() % 256 >= u32::from(probability)) != surprising,
                    probability,
                )
            })
            .collect();
        let mut writer = Writer::with_capacity(0);
        for &(bit, probability) in &coded {
            writer.write(bit, probability);
        }
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        for (index, &(bit, probability)) in coded.iter().enumerate() {
            assert_eq!(reader.read(probability), bit, "bit {index}");
        }
        assert!(!reader.overran());
    }
}
