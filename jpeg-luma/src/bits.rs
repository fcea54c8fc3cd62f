//! Entropy-coded data as bits: a reader that undoes byte stuffing (T.81, B.1.1.5 and F.2.2.5), a buffer for the
//! bits of one row of blocks, and a writer that stuffs again.

use std::mem;

use crate::error::Error;
use crate::marker::{RST0, RST7, ff_bytes, find_ff};
use crate::reserve::reserve;

/// How many bits can be read after [`BitReader::refill`] before it must be called again.
pub(crate) const REFILLED: u32 = 56;

/// Reads bits, most significant first.
///
/// The bits that were read stay in the window until the next refill, so whoever copies them can take them all at
/// once: [`BitReader::since`].
///
/// It is small and `Copy`, so that a loop can keep one in registers; that is why the slow path takes and returns it
/// by value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BitReader<'a> {
    data: &'a [u8],
    /// What is still to be loaded. Never begins beyond a marker.
    rest: &'a [u8],
    /// The bits that come next, from the most significant down. Below those loaded stand zeros, or bits equal to
    /// those that will be loaded there.
    bits: u64,
    /// The same as of the last refill, with the bits used since.
    window: u64,
    /// How many bits of the window are loaded, and how many of them are used.
    loaded: u32,
    used: u32,
    /// How many of the last loaded bits are zeros made up because a marker or the end was reached.
    made_up: u32,
    exhausted: bool,
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(data: &'a [u8], at: usize) -> Self {
        Self {
            data,
            rest: data.get(at..).unwrap_or_default(),
            bits: 0,
            window: 0,
            loaded: 0,
            used: 0,
            made_up: 0,
            exhausted: false,
        }
    }

    /// Makes at least [`REFILLED`] bits readable. Past the end of the scan they are zeros.
    #[inline(always)]
    pub(crate) fn refill(&mut self) {
        self.loaded -= self.used;
        self.used = 0;
        // At a marker and at the end this fails, so made-up bits are never followed by others.
        if let Some(bytes) = self.rest.first_chunk::<8>() {
            let fresh = u64::from_be_bytes(*bytes);
            if !has_ff(fresh) {
                self.bits |= fresh >> self.loaded;
                self.window = self.bits;
                let whole = (63 - self.loaded) / 8;
                self.rest = &self.rest[whole as usize..];
                self.loaded += whole * 8;
                return;
            }
        }
        *self = self.refilled_slowly();
    }

    /// Makes at least `count` bits readable; refills less often than [`BitReader::refill`].
    #[inline(always)]
    pub(crate) fn refill_for(&mut self, count: u32) {
        if self.loaded - self.used < count {
            self.refill();
        }
    }

    #[cold]
    #[inline(never)]
    fn refilled_slowly(mut self) -> Self {
        if self.loaded < self.made_up {
            self.exhausted = true;
            self.made_up = self.loaded;
        }
        self.bits &= !(u64::MAX >> self.loaded);
        while self.loaded < REFILLED {
            let byte = if self.made_up > 0 { None } else { self.next_byte() };
            if byte.is_none() {
                self.made_up += 8;
            }
            self.bits |= u64::from(byte.unwrap_or(0)) << (REFILLED - self.loaded);
            self.loaded += 8;
        }
        self.window = self.bits;
        self
    }

    /// One byte of data, or nothing at a marker or the end.
    fn next_byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        if byte != 0xFF {
            self.rest = rest;
            return Some(byte);
        }
        // Common decoders skip fill bytes inside a scan too.
        let fill = rest.iter().take_while(|&&byte| byte == 0xFF).count();
        let (0, rest) = rest[fill..].split_first()? else {
            return None;
        };
        self.rest = rest;
        Some(0xFF)
    }

    /// The next bits, at the top of the word. Only as many as the last refill left are meaningful.
    #[inline(always)]
    pub(crate) fn peek(&self) -> u64 {
        self.bits
    }

    #[inline(always)]
    pub(crate) fn skip(&mut self, count: u32) {
        self.bits <<= count;
        self.used += count;
    }

    /// A place that [`BitReader::since`] can copy from; refilling moves every place to 0.
    #[inline(always)]
    pub(crate) fn place(&self) -> u32 {
        self.used
    }

    /// The bits read since `place`, at the top of the word, and how many they are.
    #[inline(always)]
    pub(crate) fn since(&self, place: u32) -> (u64, u32) {
        let count = self.used - place;
        ((self.window << place) & !(u64::MAX >> count), count)
    }

    /// Reads up to 16 bits after a refill.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "at most 16 bits remain")]
    pub(crate) fn take(&mut self, count: u32) -> u32 {
        let value = ((self.peek() >> 32) >> (32 - count)) as u32;
        self.skip(count);
        value
    }

    /// Whether more bits were read than there were.
    #[inline(always)]
    pub(crate) fn ran_out(&self) -> bool {
        self.exhausted || self.loaded - self.used < self.made_up
    }

    /// Where the data ends that has been loaded: the marker's place once [`BitReader::ran_out`].
    pub(crate) fn loaded_to(&self) -> usize {
        self.data.len() - self.rest.len()
    }

    /// The byte that the next bit comes from, give or take the stuffing inside the window.
    pub(crate) fn offset(&self) -> usize {
        self.loaded_to().saturating_sub((self.unread() / 8) as usize)
    }

    /// Loaded bits of the file that were not read.
    fn unread(&self) -> u32 {
        (self.loaded - self.used).saturating_sub(self.made_up)
    }

    /// Passes the restart marker with this number (modulo 8) if it comes next.
    pub(crate) fn pass_restart(&mut self, number: u8) -> bool {
        let fill = self.rest.iter().take_while(|&&byte| byte == 0xFF).count();
        let Some((&code, _)) = self.rest[fill..].split_first() else {
            return false;
        };
        if fill == 0 || code != RST0 + (number & 7) || self.unread() >= 8 {
            return false;
        }
        *self = Self::new(self.data, self.loaded_to() + fill + 1);
        true
    }

    /// Why [`BitReader::pass_restart`] failed: another marker or the end means that the scan is too short.
    pub(crate) fn restart_missing(&self) -> Error {
        let mut next = self.rest.iter().skip_while(|&&byte| byte == 0xFF);
        if self.unread() < 8 && !matches!(next.next(), Some(0..=RST7)) {
            return Error::truncated(self.loaded_to(), "the scan has blocks left");
        }
        Error::corrupt(self.offset(), "a restart marker was expected")
    }

    /// Finds the place from which to read on when the restart marker with this number is not where it should be.
    /// Returns false if the interval has to do without data.
    ///
    /// A marker one or two ahead means that this interval was lost; one or two behind, that some data was
    /// repeated; anything else is taken for the one expected. This is the rule that libjpeg made common.
    pub(crate) fn resynchronize(&mut self, number: u8) -> bool {
        let mut at = self.loaded_to();
        let found = loop {
            at = find_ff(self.data, at);
            match self.data.get(at + 1) {
                Some(0xFF) => at += 1,
                Some(&code @ RST0..=RST7) => match (code - RST0).wrapping_sub(number) & 7 {
                    1 | 2 => break false,
                    6 | 7 => at += 2,
                    _ => {
                        at += 2;
                        break true;
                    }
                },
                Some(0..0xC0) => at += 2,
                _ => break false,
            }
        };
        *self = Self::new(self.data, at);
        found
    }
}

/// The bits of one row of blocks, not stuffed.
#[derive(Debug, Default)]
pub(crate) struct BitBuffer {
    bytes: Vec<u8>,
    /// Whole bytes written.
    len: usize,
    /// Bits not yet whole bytes, at the top.
    pending: u64,
    pending_len: u32,
}

impl BitBuffer {
    /// Whole bytes held.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.pending = 0;
        self.pending_len = 0;
    }

    /// Opens the buffer for up to `bytes` more bytes of bits. What is put into the sink counts once it is
    /// [closed](BitBuffer::close).
    #[inline(always)]
    pub(crate) fn open(&mut self, bytes: usize) -> BitSink<'_> {
        if self.bytes.len() < self.len + bytes + 8 {
            self.grow(bytes);
        }
        let (pending, pending_len) = (self.pending, self.pending_len);
        BitSink {
            rest: &mut self.bytes[self.len..],
            pending,
            pending_len,
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, bytes: usize) {
        self.bytes.resize((self.len + bytes + 8) * 2, 0);
    }

    /// Takes over the end of a sink.
    #[inline(always)]
    pub(crate) fn close(&mut self, (rest, pending, pending_len): (usize, u64, u32)) {
        self.len = self.bytes.len() - rest;
        self.pending = pending;
        self.pending_len = pending_len;
    }
}

/// The end of a [`BitBuffer`] while it is being written, in registers.
pub(crate) struct BitSink<'a> {
    rest: &'a mut [u8],
    pending: u64,
    pending_len: u32,
}

impl BitSink<'_> {
    /// Appends the top `count` bits of `bits`, at most [`REFILLED`]; all lower bits must be zero.
    #[inline(always)]
    pub(crate) fn put(&mut self, (bits, count): (u64, u32)) {
        self.pending |= bits >> self.pending_len;
        let total = self.pending_len + count;
        let rest = mem::take(&mut self.rest);
        rest[..8].copy_from_slice(&self.pending.to_be_bytes());
        self.rest = &mut rest[(total / 8 % 8) as usize..];
        self.pending <<= total & !7;
        self.pending_len = total & 7;
    }

    /// What [`BitBuffer::close`] wants.
    #[inline(always)]
    pub(crate) fn end(self) -> (usize, u64, u32) {
        (self.rest.len(), self.pending, self.pending_len)
    }
}

/// Writes entropy-coded data behind what `out` already holds: a zero byte after each `FF`, ones to fill the last byte.
#[derive(Debug)]
pub(crate) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Bits not yet written, at the top; fewer than 64.
    pending: u64,
    pending_len: u32,
}

impl<'a> BitWriter<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            pending: 0,
            pending_len: 0,
        }
    }

    /// Makes room for `bytes` of data however much has to be stuffed, if that keeps below `limit`.
    pub(crate) fn reserve(&mut self, bytes: usize, limit: usize) -> Result<(), Error> {
        reserve(self.out, 2 * bytes + 16, limit)
    }

    /// Appends the top `count` bits of `bits`; all lower bits must be zero.
    #[inline(always)]
    pub(crate) fn put(&mut self, (bits, count): (u64, u32)) {
        self.pending |= bits >> self.pending_len;
        let total = self.pending_len + count;
        if total < 64 {
            self.pending_len = total;
            return;
        }
        self.write_word();
        self.pending_len = total - 64;
        self.pending = bits.checked_shl(count - self.pending_len).unwrap_or(0);
    }

    #[inline(always)]
    fn write_word(&mut self) {
        let bytes = self.pending.to_be_bytes();
        if has_ff(self.pending) {
            self.write_stuffed(&bytes);
        } else {
            self.out.extend_from_slice(&bytes);
        }
    }

    #[cold]
    fn write_stuffed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.out.push(byte);
            if byte == 0xFF {
                self.out.push(0);
            }
        }
    }

    /// What is written so far, but for the last bits.
    pub(crate) fn whole_words(&mut self) -> &mut Vec<u8> {
        self.out
    }

    /// Appends everything in `row`.
    pub(crate) fn append(&mut self, row: &BitBuffer) {
        let (words, tail) = row.bytes[..row.len].as_chunks::<8>();
        for word in words {
            self.put((u64::from_be_bytes(*word), 64));
        }
        for &byte in tail {
            self.put((u64::from(byte) << 56, 8));
        }
        self.put((row.pending, row.pending_len));
    }

    /// Ends a restart interval.
    pub(crate) fn restart(&mut self, number: u8) {
        self.flush();
        self.out.extend_from_slice(&[0xFF, RST0 + (number & 7)]);
    }

    /// Ends the scan.
    pub(crate) fn finish(mut self) {
        self.flush();
    }

    /// Fills the last byte with ones (F.1.2.3).
    fn flush(&mut self) {
        let padding = (8 - self.pending_len % 8) % 8;
        self.put((!(u64::MAX >> padding), padding));
        let bytes = self.pending.to_be_bytes();
        self.write_stuffed(&bytes[..(self.pending_len / 8) as usize]);
        self.pending = 0;
        self.pending_len = 0;
    }
}

/// Whether one of the eight bytes is `FF`.
#[inline(always)]
fn has_ff(word: u64) -> bool {
    ff_bytes(word) != 0
}
