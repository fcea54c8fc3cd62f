//! Ending a conversion whose result nobody waits for any more.
//!
//! Whether it is wanted is known to the thread that converts ([`cancelable`]), and asked in every loop that a small file can make
//! long: rows of a PNG, chunks and strips of a TIFF, frames of a WebP. Decoders of other crates ask when they read on
//! ([`File`]). What no small file makes long (one row, one strip) comes to its end.

use std::cell::RefCell;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;

thread_local! {
    static CANCELED: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Does `work`, in which conversions end soon with [`Error::Canceled`] once `canceled` is true.
pub fn cancelable<T>(canceled: Arc<AtomicBool>, work: impl FnOnce() -> T) -> T {
    /// Puts back what was there, after a panic too: the thread may be used for other work.
    struct Restore(Option<Arc<AtomicBool>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CANCELED.set(self.0.take());
        }
    }
    let _restore = Restore(CANCELED.replace(Some(canceled)));
    work()
}

/// Fails if the work of this thread was given up.
pub(crate) fn check() -> Result<(), Error> {
    let is_canceled = CANCELED.with_borrow(|canceled| {
        canceled
            .as_ref()
            .is_some_and(|canceled| canceled.load(Ordering::Relaxed))
    });
    if is_canceled { Err(Error::Canceled) } else { Ok(()) }
}

/// A file for decoders of other crates, which cannot be read any more once the work of this thread was given up.
pub(crate) struct File<'a>(Cursor<&'a [u8]>);

/// How much a decoder is handed before it has to ask again.
const PART_BYTES: usize = 16 << 10;

impl<'a> File<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(Cursor::new(bytes))
    }
}

impl Read for File<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        check().map_err(io::Error::other)?;
        self.0.read(buffer)
    }
}

impl BufRead for File<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        check().map_err(io::Error::other)?;
        let rest = self.0.fill_buf()?;
        Ok(&rest[..rest.len().min(PART_BYTES)])
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

impl Seek for File<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_work_inside_is_given_up_and_a_panic_leaves_nothing_behind() {
        let canceled = Arc::new(AtomicBool::new(true));
        assert!(check().is_ok());
        assert!(cancelable(Arc::clone(&canceled), check).is_err());
        let panicked = std::panic::catch_unwind(|| cancelable(canceled, || panic!("a decoder's")));
        assert!(panicked.is_err() && check().is_ok());
        assert!(cancelable(Arc::default(), check).is_ok());
    }
}
