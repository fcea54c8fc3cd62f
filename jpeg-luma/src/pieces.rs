//! A file put together of new bytes and of parts of the input that are not copied.

/// A file in pieces: what was made anew, and what is the input's own, each in its place.
///
/// Whoever writes it piece by piece saves the memory of the whole, and the time to fill it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces<'a> {
    made: Vec<u8>,
    /// Parts of the input, each with the number of made bytes before it.
    copied: Vec<(usize, &'a [u8])>,
}

impl<'a> Pieces<'a> {
    /// The bytes of the file.
    #[must_use]
    pub fn len(&self) -> usize {
        self.made.len() + self.copied.iter().map(|(_, part)| part.len()).sum::<usize>()
    }

    /// Whether the file has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pieces in their order, none of them empty.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.copied.iter().map(|(at, _)| *at);
        let starts = std::iter::once(0).chain(ends.clone());
        let made = starts.zip(ends.chain([self.made.len()]));
        let parts = self.copied.iter().map(|(_, part)| *part).chain([&[][..]]);
        made.zip(parts)
            .flat_map(|((start, end), part)| [&self.made[start..end], part])
            .filter(|slice| !slice.is_empty())
    }

    /// The file in one piece. Costs a copy unless all of it was made anew.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        if self.copied.is_empty() {
            return self.made;
        }
        let mut bytes = Vec::with_capacity(self.len());
        for slice in self.slices() {
            bytes.extend_from_slice(slice);
        }
        bytes
    }

    /// The memory in which the pieces and the copy of them exist together, or nothing where there is no copy.
    pub fn bytes_to_join(&self) -> u64 {
        if self.copied.is_empty() {
            return 0;
        }
        (self.made.len() + self.len()) as u64
    }

    /// Bytes made so far, to be appended to.
    pub(crate) fn made(&mut self) -> &mut Vec<u8> {
        &mut self.made
    }

    /// Appends a part of the input.
    pub fn copy(&mut self, part: &'a [u8]) {
        self.copied.push((self.made.len(), part));
    }

    /// Gives back what room is left for bytes that were not made after all.
    pub(crate) fn shrink(&mut self) {
        if !self.copied.is_empty() {
            self.made.shrink_to_fit();
        }
    }
}

impl From<Vec<u8>> for Pieces<'_> {
    fn from(made: Vec<u8>) -> Self {
        Self {
            made,
            copied: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_the_order_in_which_they_were_added() {
        let mut pieces = Pieces::default();
        assert!(pieces.is_empty() && pieces.slices().next().is_none());
        pieces.copy(b"one ");
        pieces.made().extend(b"two ");
        pieces.copy(b"three ");
        pieces.copy(b"four ");
        pieces.made().extend(b"five");
        let expected: [&[u8]; 5] = [b"one ", b"two ", b"three ", b"four ", b"five"];
        assert!(pieces.slices().eq(expected));
        assert_eq!(pieces.len(), 23);
        assert_eq!(pieces.into_bytes(), b"one two three four five");
    }
}
