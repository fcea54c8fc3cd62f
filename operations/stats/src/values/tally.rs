//! Values with how often each occurs.

use std::mem;

use super::envelope::Envelope;

/// The fewest values that are sorted at once.
const BUFFERED: usize = 8_192;

/// How often each of some values occurs. Few different values take little memory, however often they come.
#[derive(Clone, Debug)]
pub(super) struct Tally<T> {
    /// Ascending.
    runs: Vec<(T, u64)>,
    /// Values that are not among the runs yet.
    buffer: Vec<T>,
}

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self {
            runs: Vec::new(),
            buffer: Vec::new(),
        }
    }
}

impl<T: Ord + Clone> Tally<T> {
    /// Values that ascend, with how often each occurs.
    pub(super) fn of_runs(runs: Vec<(T, u64)>) -> Self {
        Self {
            runs,
            buffer: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, value: T) {
        self.buffer.push(value);
        // As many as there are runs: so each is moved only as often as the runs double.
        if self.buffer.len() >= BUFFERED.max(self.runs.len()) {
            self.settle();
        }
    }

    /// The values, ascending, with how often they occur.
    pub(super) fn runs(&mut self) -> &[(T, u64)] {
        self.settle();
        &self.runs
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.settle();
        other.settle();
        self.runs = merged(mem::take(&mut self.runs), other.runs);
    }

    /// Bytes of memory in use, without what the values themselves point to.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&self.runs[..]) + size_of_val(&self.buffer[..])
    }

    /// Takes all values out as an envelope.
    pub(super) fn drain_into(&mut self, envelope: &mut Envelope<T>, groups: u64) {
        self.settle();
        envelope.add_runs(&self.runs, groups);
        *self = Self::default();
    }

    /// Puts all values among the runs.
    pub(super) fn settle(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        let mut values = mem::take(&mut self.buffer);
        values.sort_unstable();
        let runs = values
            .chunk_by(T::eq)
            .map(|run| (run[0].clone(), run.len() as u64))
            .collect();
        self.runs = merged(mem::take(&mut self.runs), runs);
        values.clear();
        self.buffer = values;
    }
}

/// The runs of both, ascending.
fn merged<T: Ord>(left: Vec<(T, u64)>, right: Vec<(T, u64)>) -> Vec<(T, u64)> {
    if left.is_empty() {
        return right;
    }
    let mut merged: Vec<(T, u64)> = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        let from_left = match (left.peek(), right.peek()) {
            (Some((one, _)), Some((other, _))) => one <= other,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => break,
        };
        let next = if from_left { left.next() } else { right.next() };
        let (value, count) = next.expect("it was seen");
        match merged.last_mut() {
            Some((last, sum)) if *last == value => *sum += count,
            _ => merged.push((value, count)),
        }
    }
    merged.shrink_to_fit();
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_in_whatever_order_they_come() {
        let mut tally = Tally::default();
        let mut other = Tally::default();
        for index in 0..100_000_u64 {
            let value = index * 7919 % 300;
            if index % 3 == 0 { &mut tally } else { &mut other }.push(value);
        }
        tally.append(other);
        let runs = tally.runs();
        assert_eq!(runs.len(), 300);
        assert!(runs.is_sorted());
        assert_eq!(runs.iter().map(|(_, count)| count).sum::<u64>(), 100_000);
        assert_eq!(runs[0], (0, 334));
    }
}
