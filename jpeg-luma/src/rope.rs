//! A file put together of new bytes and of parts of the input that are not copied.

use std::io::{self, Write};

use crate::error::Error;

/// The bytes of a file as a list of slices: some are owned, others borrowed from the input, each in its place.
///
/// Writing it slice by slice saves the memory for the whole file, and the time to fill it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rope<'a> {
    owned: Vec<u8>,
    /// Parts of the input, each with the number of owned bytes before it.
    borrowed: Vec<(usize, &'a [u8])>,
}

impl<'a> Rope<'a> {
    /// The length of the file in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owned.len() + self.borrowed.iter().map(|(_, part)| part.len()).sum::<usize>()
    }

    /// Whether the file has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slices in the order of the file, none of them empty.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.borrowed.iter().map(|(at, _)| *at);
        let starts = std::iter::once(0).chain(ends.clone());
        let owned = starts.zip(ends.chain([self.owned.len()]));
        let parts = self.borrowed.iter().map(|(_, part)| *part).chain([&[][..]]);
        owned
            .zip(parts)
            .flat_map(|((start, end), part)| [&self.owned[start..end], part])
            .filter(|slice| !slice.is_empty())
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// The writer's own.
    pub fn write_to(&self, mut writer: impl Write) -> io::Result<()> {
        self.slices().try_for_each(|slice| writer.write_all(slice))
    }

    /// The file as one vector. Costs a copy unless no part of it is borrowed.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        if self.borrowed.is_empty() {
            return self.owned;
        }
        let mut bytes = Vec::with_capacity(self.len());
        for slice in self.slices() {
            bytes.extend_from_slice(slice);
        }
        bytes
    }

    /// The bytes of memory that [`Rope::into_bytes`] takes at its peak, those of the rope included; 0 where it does not
    /// copy.
    #[must_use]
    pub fn into_bytes_peak(&self) -> u64 {
        if self.borrowed.is_empty() {
            return 0;
        }
        (self.owned.len() + self.len()) as u64
    }

    /// As [`Rope::into_bytes`], if that keeps within `budget` bytes.
    pub(crate) fn into_bytes_within(self, budget: Option<u64>) -> Result<Vec<u8>, Error> {
        let needed = self.into_bytes_peak();
        match budget {
            Some(budget) if budget < needed => Err(Error::MemoryBudget { needed, budget }),
            _ => Ok(self.into_bytes()),
        }
    }

    /// Appends a part of the input.
    pub fn push_borrowed(&mut self, part: &'a [u8]) {
        self.borrowed.push((self.owned.len(), part));
    }

    /// The owned bytes so far, to be appended to.
    pub(crate) fn owned_mut(&mut self) -> &mut Vec<u8> {
        &mut self.owned
    }

    /// Forgets all bytes, and keeps the memory of the owned ones for others.
    pub(crate) fn clear(&mut self) {
        self.owned.clear();
        self.borrowed.clear();
    }

    /// Gives back memory that was reserved for owned bytes and not needed.
    pub(crate) fn shrink(&mut self) {
        if !self.borrowed.is_empty() {
            self.owned.shrink_to_fit();
        }
    }
}

impl From<Vec<u8>> for Rope<'_> {
    fn from(owned: Vec<u8>) -> Self {
        Self {
            owned,
            borrowed: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_come_in_the_order_in_which_they_were_added() {
        let mut rope = Rope::default();
        assert!(rope.is_empty() && rope.slices().next().is_none());
        rope.push_borrowed(b"one ");
        rope.owned_mut().extend(b"two ");
        rope.push_borrowed(b"three ");
        rope.push_borrowed(b"four ");
        rope.owned_mut().extend(b"five");
        let expected: [&[u8]; 5] = [b"one ", b"two ", b"three ", b"four ", b"five"];
        assert!(rope.slices().eq(expected));
        assert_eq!(rope.len(), 23);
        let mut written = Vec::new();
        rope.write_to(&mut written).unwrap();
        assert_eq!(written, rope.into_bytes());
        assert_eq!(written, b"one two three four five");
    }
}
