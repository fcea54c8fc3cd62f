//! Ending a conversion whose result nobody waits for any more.
//!
//! Whether it is wanted is known to the thread that converts ([`cancelable`]), and asked in every loop that a small file can make
//! long: rows of a PNG, chunks and strips of a TIFF, frames of a WebP. What no small file makes long (one row, one frame)
//! comes to its end.

use std::cell::RefCell;
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
