//! Image file directories: the structure of TIFF files and of EXIF, which is a TIFF file without pixels.
//!
//! A header gives the byte order and the place of the first directory; a directory is a number of entries, the entries,
//! and the place of the next one; an entry has a tag, a type, a number of values, and the values themselves or their
//! place (TIFF 6.0, section 2). Adobe's `BigTIFF` has words of eight bytes instead of four. Both are read here, in either
//! byte order.
//!
//! Nothing is believed: whatever lies outside of the bytes is `None`, and no number in a file makes a walk longer than
//! the file.

use std::ops::Range;

/// Tag 0x0112: how the image is to be turned, a number from 1 to 8 (TIFF 6.0, section 8; EXIF 2.32, 4.6.4).
pub const ORIENTATION: u16 = 0x0112;

/// Type of a 16-bit unsigned number.
pub const SHORT: u16 = 3;
/// Type of a 32-bit unsigned number.
pub const LONG: u16 = 4;
/// Type of a 64-bit unsigned number, `BigTIFF`'s.
pub const LONG8: u16 = 16;

/// A TIFF structure of which the header has been read.
#[derive(Debug, Clone, Copy)]
pub struct Tiff<'a> {
    bytes: &'a [u8],
    little_endian: bool,
    /// Bytes of an offset and of a number of values.
    word: usize,
}

/// One directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directory {
    /// Where the number of entries stands, which the entries follow.
    at: usize,
    /// Where the first entry is.
    entries_at: usize,
    /// Entries that lie within the bytes.
    entries: usize,
    /// Where the place of the next directory stands; `None` if that is not within the bytes.
    next_at: Option<usize>,
}

/// An entry of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What the values are about.
    pub tag: u16,
    /// The type of the values, such as [`SHORT`].
    pub kind: u16,
    /// The number of values.
    pub count: usize,
    /// Where the first value is; perhaps beyond the end of the bytes.
    pub at: usize,
    /// Where the entry itself is.
    place: usize,
}

impl<'a> Tiff<'a> {
    /// Reads the header. `None` if there is none.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let (little_endian, word) = match bytes {
            [b'I', b'I', 42, 0, ..] => (true, 4),
            [b'M', b'M', 0, 42, ..] => (false, 4),
            [b'I', b'I', 43, 0, 8, 0, 0, 0, ..] => (true, 8),
            [b'M', b'M', 0, 43, 0, 8, 0, 0, ..] => (false, 8),
            _ => return None,
        };
        let tiff = Self {
            bytes,
            little_endian,
            word,
        };
        (bytes.len() >= tiff.header_bytes()).then_some(tiff)
    }

    /// The structure's bytes, which offsets count from.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether the lowest byte of a number comes first.
    #[must_use]
    pub fn little_endian(&self) -> bool {
        self.little_endian
    }

    /// The length of the header: byte order, version and the first directory's place.
    #[must_use]
    pub fn header_bytes(&self) -> usize {
        self.word * 2
    }

    /// The place of the first directory; 0 means that there is none.
    #[must_use]
    pub fn first_offset(&self) -> usize {
        self.word(self.word).unwrap_or(0)
    }

    /// The first directory.
    #[must_use]
    pub fn first(&self) -> Option<Directory> {
        self.directory(self.first_offset())
    }

    /// The directory at an offset other than 0. Where it reaches beyond the end of the bytes, it has the entries that do
    /// not, and [`Tiff::next_offset`] is `None`.
    #[must_use]
    pub fn directory(&self, at: usize) -> Option<Directory> {
        if at == 0 {
            return None;
        }
        let entries = if self.word == 4 {
            usize::from(self.short(at)?)
        } else {
            self.word(at)?
        };
        let entries_at = at.checked_add(self.count_bytes())?;
        let next_at = entries
            .checked_mul(self.entry_bytes())
            .and_then(|bytes| bytes.checked_add(entries_at))
            .filter(|next_at| self.word(*next_at).is_some());
        let room = self.bytes.len().saturating_sub(entries_at);
        Some(Directory {
            at,
            entries_at,
            entries: entries.min(room / self.entry_bytes()),
            next_at,
        })
    }

    /// The place of the directory after this one, 0 after the last; `None` if that is not within the bytes.
    #[must_use]
    pub fn next_offset(&self, directory: &Directory) -> Option<usize> {
        self.word(directory.next_at?)
    }

    /// Where a directory is, the place of the next one included; `None` if that is not all within the bytes.
    #[must_use]
    pub fn range(&self, directory: &Directory) -> Option<Range<usize>> {
        Some(directory.at..directory.next_at? + self.word)
    }

    /// The entries of a directory, in their order.
    pub fn entries(&self, directory: &Directory) -> impl Iterator<Item = Entry> {
        let first = directory.entries_at;
        (0..directory.entries).filter_map(move |index| self.entry_at(first + index * self.entry_bytes()))
    }

    /// The first entry with this tag.
    #[must_use]
    pub fn entry(&self, directory: &Directory, tag: u16) -> Option<Entry> {
        self.entries(directory).find(|entry| entry.tag == tag)
    }

    fn entry_at(&self, place: usize) -> Option<Entry> {
        let (tag, kind) = (self.short(place)?, self.short(place + 2)?);
        let count = self.word(place + 4)?;
        let values = place + 4 + self.word;
        // Values that fit into a word are in the entry itself.
        let inside = count
            .checked_mul(size_of(kind))
            .is_some_and(|bytes| bytes <= self.word);
        let at = if inside { values } else { self.word(values)? };
        Some(Entry {
            tag,
            kind,
            count,
            at,
            place,
        })
    }

    /// Where the values of an entry are; `None` if they are not all within the bytes.
    #[must_use]
    pub fn values(&self, entry: &Entry) -> Option<Range<usize>> {
        let end = entry
            .count
            .checked_mul(size_of(entry.kind))?
            .checked_add(entry.at)?;
        (end <= self.bytes.len()).then_some(entry.at..end)
    }

    /// A value of an entry by its index, if the values are whole numbers without a sign: [`SHORT`], [`LONG`] or
    /// [`LONG8`].
    #[must_use]
    pub fn number(&self, entry: &Entry, index: usize) -> Option<u64> {
        if index >= entry.count {
            return None;
        }
        let at = entry.at.checked_add(index.checked_mul(size_of(entry.kind))?)?;
        match entry.kind {
            SHORT => self.short(at).map(u64::from),
            LONG => self.long(at).map(u64::from),
            LONG8 => self.long8(at),
            _ => None,
        }
    }

    /// The first value of a tag, if it is a whole number without a sign.
    #[must_use]
    pub fn value(&self, directory: &Directory, tag: u16) -> Option<u64> {
        self.number(&self.entry(directory, tag)?, 0)
    }

    /// How the image of a directory is to be turned: 1 (not at all) to 8, `None` if the directory does not say.
    ///
    /// The standards ask for a [`SHORT`]; some writers store a [`LONG`], which says it as clearly.
    #[must_use]
    pub fn orientation(&self, directory: &Directory) -> Option<u8> {
        let entry = self.entry(directory, ORIENTATION)?;
        if !matches!(entry.kind, SHORT | LONG) {
            return None;
        }
        let value = u8::try_from(self.number(&entry, 0)?).ok()?;
        (1..=8).contains(&value).then_some(value)
    }

    /// The 16-bit number at a place.
    #[must_use]
    #[inline]
    pub fn short(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little_endian {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little_endian {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    fn long8(&self, at: usize) -> Option<u64> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little_endian {
            u64::from_le_bytes(bytes)
        } else {
            u64::from_be_bytes(bytes)
        })
    }

    /// An offset or a number of values. Saturates at `usize::MAX`.
    fn word(&self, at: usize) -> Option<usize> {
        let word = if self.word == 4 {
            self.long(at)?.into()
        } else {
            self.long8(at)?
        };
        Some(usize::try_from(word).unwrap_or(usize::MAX))
    }

    /// A 16-bit number in the structure's byte order.
    #[must_use]
    #[inline]
    pub fn short_bytes(&self, value: u16) -> [u8; 2] {
        if self.little_endian {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    }

    /// Makes the values of an entry one [`LONG`], in a copy of the bytes.
    ///
    /// # Panics
    ///
    /// If `copy` is shorter than the bytes.
    pub fn set_long(&self, copy: &mut [u8], entry: &Entry, value: u32) {
        let place = &mut copy[entry.place + 2..][..self.entry_bytes() - 2];
        let (head, values) = place.split_at_mut(2 + self.word);
        head[..2].copy_from_slice(&self.short_bytes(LONG));
        self.set_word(&mut head[2..], 1);
        values.fill(0);
        values[..4].copy_from_slice(&if self.little_endian {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        });
    }

    /// Makes this directory the last one, in a copy of the bytes.
    ///
    /// # Panics
    ///
    /// If `copy` is shorter than the bytes.
    pub fn end_chain(&self, copy: &mut [u8], directory: &Directory) {
        if let Some(next_at) = directory.next_at {
            copy[next_at..next_at + self.word].fill(0);
        }
    }

    /// Takes entries out of a directory, in a copy of the bytes; those after them move up. A directory that is not all
    /// within the bytes stays as it is.
    ///
    /// # Panics
    ///
    /// If `copy` is shorter than the bytes.
    pub fn remove_entries(&self, copy: &mut [u8], directory: &Directory, gone: impl Fn(u16) -> bool) {
        let Some(next_at) = directory.next_at else {
            return;
        };
        let mut kept = directory.entries_at;
        for index in 0..directory.entries {
            let at = directory.entries_at + index * self.entry_bytes();
            if !self.short(at).is_some_and(&gone) {
                copy.copy_within(at..at + self.entry_bytes(), kept);
                kept += self.entry_bytes();
            }
        }
        copy.copy_within(next_at..next_at + self.word, kept);
        let count = (kept - directory.entries_at) / self.entry_bytes();
        self.set_word(&mut copy[directory.at..directory.entries_at], count as u64);
    }

    /// Fills a place of two, four or eight bytes with a number that fits.
    fn set_word(&self, place: &mut [u8], value: u64) {
        let length = place.len();
        if self.little_endian {
            place.copy_from_slice(&value.to_le_bytes()[..length]);
        } else {
            place.copy_from_slice(&value.to_be_bytes()[8 - length..]);
        }
    }

    fn entry_bytes(&self) -> usize {
        4 + self.word * 2
    }

    /// Bytes of the number of entries before a directory.
    fn count_bytes(&self) -> usize {
        if self.word == 4 { 2 } else { 8 }
    }
}

/// Bytes of a value of this type (TIFF 6.0, section 2; 13 is a supplement's, 16 to 18 are `BigTIFF`'s). An unknown type
/// counts as bytes.
fn size_of(kind: u16) -> usize {
    match kind {
        SHORT | 8 => 2,
        LONG | 9 | 11 | 13 => 4,
        5 | 10 | 12 | LONG8 | 17 | 18 => 8,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One directory with one entry of one value, and no next one.
    fn tiff(little_endian: bool, big: bool, kind: u16, value: u64) -> Vec<u8> {
        let mut bytes = if little_endian {
            b"II".to_vec()
        } else {
            b"MM".to_vec()
        };
        let mut put = |length: usize, value: u64| {
            let all = value.to_be_bytes();
            let mut part = all[8 - length..].to_vec();
            if little_endian {
                part.reverse();
            }
            bytes.extend(part);
        };
        let header: &[(usize, u64)] = if big {
            &[(2, 43), (2, 8), (2, 0), (8, 16), (8, 1)]
        } else {
            &[(2, 42), (4, 8), (2, 1)]
        };
        for (length, value) in header {
            put(*length, *value);
        }
        let word = if big { 8 } else { 4 };
        put(2, ORIENTATION.into());
        put(2, kind.into());
        put(word, 1);
        put(size_of(kind), value);
        put(word - size_of(kind), 0);
        put(word, 0);
        bytes
    }

    #[test]
    fn an_orientation_is_read_in_either_byte_order_and_size_as_short_and_as_long() {
        for (little_endian, big) in [(false, false), (false, true), (true, false), (true, true)] {
            for (kind, value, expected) in [
                (SHORT, 6, Some(6)),
                (LONG, 6, Some(6)),
                (SHORT, 0, None),
                (LONG, 9, None),
                (LONG, 0x1_0006, None),
                (1, 6, None),
            ] {
                let bytes = tiff(little_endian, big, kind, value);
                let tiff = Tiff::new(&bytes).unwrap();
                let found = tiff.orientation(&tiff.first().unwrap());
                assert_eq!(found, expected, "{little_endian} {big} {kind} {value}");
            }
        }
    }

    #[test]
    fn a_directory_that_is_cut_off_has_the_entries_that_are_there() {
        let bytes = tiff(true, false, SHORT, 3);
        for length in 0..bytes.len() {
            let found = Tiff::new(&bytes[..length]).and_then(|tiff| tiff.orientation(&tiff.first()?));
            assert_eq!(found, (length >= 22).then_some(3), "{length}");
        }
        let cut = Tiff::new(&bytes[..22]).unwrap();
        let directory = cut.first().unwrap();
        assert_eq!((cut.next_offset(&directory), cut.range(&directory)), (None, None));
    }

    #[test]
    fn numbers_that_lead_out_of_the_bytes_are_nothing() {
        assert!(Tiff::new(b"II*\0").is_none());
        let far = Tiff::new(b"II*\0\xFF\xFF\xFF\xFF").unwrap();
        assert!(far.first().is_none());
        let endless = [&b"MM\0\x2B\0\x08\0\0"[..], &16_u64.to_be_bytes(), &[0xFF; 30]].concat();
        let endless = Tiff::new(&endless).unwrap();
        let directory = endless.first().unwrap();
        assert_eq!(endless.entries(&directory).count(), 1);
        let entry = endless.entries(&directory).next().unwrap();
        assert_eq!((endless.values(&entry), endless.number(&entry, 0)), (None, None));
    }

    #[test]
    fn entries_are_removed_and_changed_in_place() {
        for (little_endian, big) in [(false, false), (false, true), (true, false), (true, true)] {
            let bytes = tiff(little_endian, big, SHORT, 8);
            let tiff = Tiff::new(&bytes).unwrap();
            let directory = tiff.first().unwrap();
            let mut copy = bytes.clone();
            tiff.set_long(&mut copy, &tiff.entry(&directory, ORIENTATION).unwrap(), 5);
            let changed = Tiff::new(&copy).unwrap();
            assert_eq!(changed.value(&changed.first().unwrap(), ORIENTATION), Some(5));
            let mut copy = bytes.clone();
            tiff.remove_entries(&mut copy, &directory, |tag| tag == ORIENTATION);
            let without = Tiff::new(&copy).unwrap();
            let directory = without.first().unwrap();
            assert_eq!(without.entries(&directory).count(), 0);
            assert_eq!(without.next_offset(&directory), Some(0));
        }
    }
}
