//! A queue between two threads that wakes each of them seldom.
//!
//! A thread that waits for every single item is woken for every single item, mostly on the core of the one that wakes it,
//! and then both take turns on one core while the other is idle. So whoever has to wait here waits until there is enough
//! to do: for half a queue of items, or for half a queue of room.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue of at most so many items.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    capacity: usize,
    /// Tells the taker that there are enough items, or that there will be no more.
    filled: Condvar,
    /// Tells the giver that there is enough room, or that nobody takes any more.
    emptied: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    /// Whether one of the two sides is gone.
    closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                items: VecDeque::with_capacity(capacity),
                closed: false,
            }),
            capacity,
            filled: Condvar::new(),
            emptied: Condvar::new(),
        }
    }

    /// Adds an item; gives it back if nobody takes any more.
    pub(super) fn give(&self, item: T) -> Result<(), T> {
        let mut state = self.state();
        if state.items.len() >= self.capacity {
            let full = |state: &mut State<T>| state.items.len() > self.capacity / 2 && !state.closed;
            let waited = self.emptied.wait_while(state, full);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Err(item);
        }
        state.items.push_back(item);
        if state.items.len() >= self.capacity.div_ceil(2) {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// The next item, or nothing once there are no more.
    pub(super) fn take(&self) -> Option<T> {
        let mut state = self.state();
        if state.items.is_empty() {
            let empty = |state: &mut State<T>| state.items.len() < self.capacity.div_ceil(2) && !state.closed;
            let waited = self.filled.wait_while(state, empty);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let item = state.items.pop_front();
        if state.items.len() <= self.capacity / 2 {
            self.emptied.notify_one();
        }
        item
    }

    /// Ends it from either side: nothing more can be given, and what was given can still be taken.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_one();
        self.emptied.notify_one();
    }

    /// A panic on one side leaves the items as they are.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the queue when it is dropped, by a panic too: the other side must not wait for ever.
pub(super) struct Closing<'a, T>(pub(super) &'a Queue<T>);

impl<T> Drop for Closing<'_, T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn all_items_arrive_in_order_whatever_their_number() {
        for capacity in [1, 2, 3, 8] {
            for count in [0, 1, 2, 7, 8, 9, 1_000] {
                let queue = Queue::new(capacity);
                let taken = thread::scope(|scope| {
                    let taker = scope.spawn(|| std::iter::from_fn(|| queue.take()).collect::<Vec<_>>());
                    let closing = Closing(&queue);
                    (0..count).for_each(|item| queue.give(item).unwrap());
                    drop(closing);
                    taker.join().unwrap()
                });
                assert!(taken.into_iter().eq(0..count), "{capacity} {count}");
            }
        }
    }

    #[test]
    fn a_giver_learns_that_nobody_takes_any_more() {
        let queue = Queue::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _closing = Closing(&queue);
                assert_eq!(queue.take(), Some(0));
            });
            let mut given = 0;
            while queue.give(given).is_ok() {
                given += 1;
            }
            assert!((1..=4).contains(&given), "{given}");
        });
    }
}
