//! Threads that do the work of this process, each the next thing that is left.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::defect;
use crate::error::Error;

/// How often whoever takes the results is woken when there are none.
const TICK: Duration = Duration::from_millis(100);

/// What is heard of the work.
pub(crate) enum Event<T> {
    /// The thing of this index was begun and has ended.
    Ended(usize, Result<T, Error>),
    /// Nothing, for a while.
    Tick,
}

/// Does `work` for every index below `count` with so many threads, until `stop` is set. What has ended is handed to `take`,
/// on this thread. The work waits where it is not taken, so that no results heap up.
pub(crate) fn run<T: Send>(
    count: usize,
    threads: usize,
    stop: &AtomicBool,
    work: impl Fn(usize) -> Result<T, Error> + Sync,
    mut take: impl FnMut(Event<T>),
) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = sync_channel(2 * threads);
    thread::scope(|scope| {
        for _ in 0..threads.min(count) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    // A file that a decoder panics at fails like any other.
                    let ended = defect::caught(|| work(index));
                    if sender.send((index, ended)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        loop {
            match receiver.recv_timeout(TICK) {
                Ok((index, ended)) => take(Event::Ended(index, ended)),
                Err(RecvTimeoutError::Timeout) => take(Event::Tick),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_done_once_and_a_panic_is_one_failure() {
        let stop = AtomicBool::new(false);
        let mut ended = vec![0; 100];
        let mut failed = Vec::new();
        let work = |index| {
            assert_ne!(index, 7, "on purpose");
            Ok(index)
        };
        run(100, 3, &stop, work, |event| {
            if let Event::Ended(index, result) = event {
                ended[index] += 1;
                match result {
                    Ok(value) => assert_eq!(value, index),
                    Err(_) => failed.push(index),
                }
            }
        });
        assert_eq!((ended, failed), (vec![1; 100], vec![7]));
    }

    #[test]
    fn what_is_not_begun_when_it_is_stopped_is_left() {
        let stop = AtomicBool::new(false);
        let mut ended = 0;
        run(1_000, 2, &stop, Ok, |event| {
            if let Event::Ended(..) = event {
                ended += 1;
                stop.store(true, Ordering::Relaxed);
            }
        });
        assert!(ended < 20, "{ended}");
    }
}
