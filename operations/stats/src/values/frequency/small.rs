//! Values that fit 16 bits, counted by value.

/// How often each value that fits 16 bits occurs. Its half a megabyte is allocated when first needed.
#[derive(Default)]
pub(super) struct SmallCounts(Vec<u64>);

impl SmallCounts {
    /// Counts all of them.
    pub(super) fn add_all<T: Copy + Into<i16>>(&mut self, values: &[T]) {
        let counts = self.counts();
        for value in values {
            counts[index((*value).into())] += 1;
        }
    }

    /// Counts a value, if it is small. Returns whether it is.
    pub(super) fn take(&mut self, value: i64, occurrences: u64) -> bool {
        let Ok(value) = i16::try_from(value) else {
            return false;
        };
        self.counts()[index(value)] += occurrences;
        true
    }

    /// Calls `act` with each value that occurs, ascending, and forgets them.
    pub(super) fn drain(&mut self, mut act: impl FnMut(i16, u64)) {
        let counts = std::mem::take(&mut self.0);
        for (value, count) in (i16::MIN..=i16::MAX).zip(counts) {
            if count > 0 {
                act(value, count);
            }
        }
    }

    fn counts(&mut self) -> &mut [u64; 1 << 16] {
        if self.0.is_empty() {
            self.0 = vec![0; 1 << 16];
        }
        self.0.first_chunk_mut().expect("one for each of 16 bits")
    }
}

/// The place of a value's count: ascending from that of the smallest.
fn index(value: i16) -> usize {
    usize::from(value.cast_unsigned() ^ (1 << 15))
}
