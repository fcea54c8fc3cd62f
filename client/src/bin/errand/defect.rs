//! A defect of this program is told like any other error: with what a report of it needs, as JSON too, and with an exit code
//! of its own.

use std::any::Any;
use std::env;
use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;

use crate::error::Error;

/// Where the first panic was. Those that follow are its consequences, as when a thread that panicked is waited for.
static FIRST: OnceLock<Place> = OnceLock::new();

struct Place {
    message: String,
    file_and_line: String,
}

/// From now on, a panic is kept for [`caught`] instead of being printed; with `RUST_BACKTRACE` set, it is printed as well.
pub(crate) fn watch() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        FIRST.get_or_init(|| Place {
            message: text_of(info.payload()).to_owned(),
            file_and_line: info.location().map(ToString::to_string).unwrap_or_default(),
        });
        if env::var_os("RUST_BACKTRACE").is_some() {
            print(info);
        }
    }));
}

/// Does `work`; if it panics, on whichever thread, that is an error.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // What `work` has in its hands is dropped on the way here, unfinished output files among it; nothing is used again.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let (message, place) = match FIRST.get() {
            Some(first) => (first.message.as_str(), Some(first.file_and_line.clone())),
            None => (text_of(payload.as_ref()), None),
        };
        Err(Error::Defect {
            message: shortened(message),
            place,
        })
    })
}

/// What a panic says: a text, unless someone panics with a value of his own.
fn text_of(payload: &(dyn Any + Send)) -> &str {
    match payload.downcast_ref::<&str>() {
        Some(text) => text,
        None => payload
            .downcast_ref::<String>()
            .map_or("it does not say why", String::as_str),
    }
}

/// The first line, up to a length that leaves room for the cure.
fn shortened(message: &str) -> String {
    const MOST: usize = 120;
    message
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn defect_of(work: impl FnOnce() -> Result<(), Error>) -> Error {
        caught(work).unwrap_err()
    }

    #[test]
    fn what_does_not_panic_passes_through() {
        assert_eq!(caught(|| Ok(3)).unwrap(), 3);
        let error = defect_of(|| Err(Error::Unhealthy { count: 1 }));
        assert!(matches!(error, Error::Unhealthy { .. }), "{error}");
    }

    #[test]
    fn a_panic_is_an_error_that_says_what_happened_and_what_to_do() {
        let index = "3".parse::<usize>().unwrap();
        let error = defect_of(|| {
            let _ = [1, 2, 3][index..][0];
            Ok(())
        });
        let text = error.to_string();
        assert!(text.contains("index out of bounds"), "{text}");
        assert!(text.contains("report"), "{text}");
        assert!(text.len() <= 300, "{text}");
    }

    #[test]
    fn a_panic_of_another_thread_is_one_of_ours() {
        let error = defect_of(|| {
            thread::scope(|scope| {
                scope.spawn(|| panic!("a decoder's defect"));
            });
            Ok(())
        });
        assert!(matches!(error, Error::Defect { .. }), "{error}");
    }

    #[test]
    fn a_long_message_is_cut() {
        let error = defect_of(|| panic!("{}", "long ".repeat(100)));
        assert!(error.to_string().len() <= 300, "{error}");
    }
}
