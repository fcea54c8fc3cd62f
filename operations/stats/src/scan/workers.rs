//! The threads that read a list together: who reads which chunk, and how what was read is put together.

use std::collections::VecDeque;
use std::mem;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::thread::{Scope, ScopedJoinHandle};

use super::chunk::{Chunk, first_cut};
use super::{Scanner, Shape};
use crate::values::Values;
use crate::{Error, Limits};

/// Chunks that wait for a thread, at the most: with one in hand and one more, it never has to wait itself.
const WAITING: usize = 2;
/// Lines that the main scanner reads by itself, looking for the first integer, before it reads a whole chunk.
pub(super) const LEADING_LINES: usize = 64;

/// Reads chunks one by one, whose integers it keeps.
struct Reader {
    skip_invalid: bool,
    limits: Limits,
    values: Values,
}

/// A chunk that was read.
struct Reading {
    chunk: Chunk,
    /// The scanner behind the chunk, without the values.
    outcome: Result<Scanner, Error>,
    /// What its reader holds by now.
    held: Held,
}

/// How many values there are, and the bytes of memory they take.
#[derive(Clone, Copy, Default)]
struct Held {
    count: u64,
    bytes: usize,
}

impl Reader {
    fn new(main: &Scanner) -> Self {
        Self {
            skip_invalid: main.skip_invalid,
            limits: main.limits,
            values: main.values.empty_like(),
        }
    }

    fn read(&mut self, chunk: Chunk, shape: Shape) -> Reading {
        let mut scanner = Scanner {
            shape,
            ..Scanner::new(self.skip_invalid, self.limits, mem::take(&mut self.values))
        };
        let fed = scanner.feed(chunk.text());
        self.values = mem::take(&mut scanner.values);
        Reading {
            chunk,
            outcome: fed.map(|()| scanner),
            held: Held {
                count: self.values.count(),
                bytes: self.values.bytes(),
            },
        }
    }
}

/// A thread that reads chunks.
struct Worker<'scope> {
    chunks: SyncSender<(Chunk, Shape)>,
    readings: Receiver<Reading>,
    /// Chunks sent whose readings were not received.
    waiting: usize,
    held: Held,
    thread: ScopedJoinHandle<'scope, Values>,
}

impl<'scope> Worker<'scope> {
    fn start(scope: &'scope Scope<'scope, '_>, mut reader: Reader) -> Self {
        let (chunks, inbox) = mpsc::sync_channel(WAITING);
        let (outbox, readings) = mpsc::channel();
        let thread = scope.spawn(move || {
            for (chunk, shape) in inbox {
                // Nobody listens any more once something went wrong.
                if outbox.send(reader.read(chunk, shape)).is_err() {
                    break;
                }
            }
            reader.values
        });
        Self {
            chunks,
            readings,
            waiting: 0,
            held: Held::default(),
            thread,
        }
    }

    /// Ends the thread, or passes its panic on.
    fn end(self) -> Values {
        drop(self.chunks);
        self.thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// The calling thread with the main scanner and a reader of its own, and its workers.
pub(super) struct Workers<'main, 'scope> {
    main: &'main mut Scanner,
    own: Reader,
    workers: Vec<Worker<'scope>>,
    /// The chunks handed out whose readings are not yet put together, in their order.
    turns: VecDeque<Turn>,
    spare: Vec<Chunk>,
}

enum Turn {
    /// The next reading of the worker with this index.
    Worker(usize),
    Own(Box<Reading>),
}

impl<'main, 'scope> Workers<'main, 'scope> {
    pub(super) fn new(
        scope: &'scope Scope<'scope, '_>,
        main: &'main mut Scanner,
        threads: NonZero<usize>,
    ) -> Self {
        let workers = (1..threads.get()).map(|_| Worker::start(scope, Reader::new(main)));
        Self {
            workers: workers.collect(),
            own: Reader::new(main),
            main,
            turns: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    /// An empty buffer.
    pub(super) fn spare(&mut self) -> Chunk {
        let mut chunk = self.spare.pop().unwrap_or_else(Chunk::new);
        chunk.clear();
        chunk
    }

    /// Takes the next chunk, which can be read by itself if it begins between two integers.
    pub(super) fn take(&mut self, mut chunk: Chunk) -> Result<(), Error> {
        // As long as there are turns, the chunks before this one ended where they were cut: between two integers.
        if self.turns.is_empty() && !self.main.is_between_integers() {
            let lead = self.lead(chunk.text())?;
            if !self.main.is_between_integers() {
                return self.main.feed(&chunk.text()[lead..]);
            }
            chunk.drop_front(lead);
        }
        let shape = self.main.shape;
        let idle = self
            .workers
            .iter_mut()
            .enumerate()
            .find(|(_, worker)| worker.waiting <= WAITING);
        if let Some((index, worker)) = idle {
            worker.waiting += 1;
            self.turns.push_back(Turn::Worker(index));
            // A worker that does not listen has panicked, which shows when its reading is wanted.
            let _ = worker.chunks.send((chunk, shape));
        } else {
            let reading = self.own.read(chunk, shape);
            self.turns.push_back(Turn::Own(Box::new(reading)));
        }
        self.put_together(false)
    }

    /// Takes a chunk that the main scanner has to read: where it ends, a token or comment may be open.
    pub(super) fn take_in_turn(&mut self, chunk: &Chunk) -> Result<(), Error> {
        self.put_together(true)?;
        self.main.feed(chunk.text())
    }

    /// Has the main scanner read up to where integers have begun; gives how much that was.
    fn lead(&mut self, text: &[u8]) -> Result<usize, Error> {
        let mut read = 0;
        for _ in 0..LEADING_LINES {
            let Some(length) = first_cut(&text[read..]) else {
                break;
            };
            self.main.feed(&text[read..read + length])?;
            read += length;
            if self.main.is_between_integers() {
                break;
            }
        }
        Ok(read)
    }

    /// Puts readings together in their order: those that are there, or all.
    fn put_together(&mut self, all: bool) -> Result<(), Error> {
        while let Some(turn) = self.turns.pop_front() {
            let reading = match turn {
                Turn::Own(reading) => *reading,
                Turn::Worker(index) => {
                    let worker = &mut self.workers[index];
                    let received = if all {
                        worker.readings.recv().map_err(|_| TryRecvError::Disconnected)
                    } else {
                        worker.readings.try_recv()
                    };
                    match received {
                        Ok(reading) => {
                            worker.waiting -= 1;
                            worker.held = reading.held;
                            reading
                        }
                        Err(TryRecvError::Empty) => {
                            self.turns.push_front(turn);
                            break;
                        }
                        Err(TryRecvError::Disconnected) => {
                            self.workers.swap_remove(index).end();
                            unreachable!("a worker ends before it is told to only if it panics");
                        }
                    }
                }
            };
            self.put(reading)?;
        }
        Ok(())
    }

    fn put(&mut self, reading: Reading) -> Result<(), Error> {
        match reading.outcome {
            // After the end of an array, a chunk was not what its scanner took it for.
            Ok(_) if self.main.shape == Shape::ClosedArray => self.main.feed(reading.chunk.text())?,
            Ok(scanner) => self.main.adopt(scanner),
            Err(error) => {
                self.main.feed(reading.chunk.text())?;
                return Err(error);
            }
        }
        self.spare.push(reading.chunk);
        self.check()
    }

    /// Fails if all threads together hold more memory than allowed.
    fn check(&self) -> Result<(), Error> {
        let workers = self.workers.iter().map(|worker| worker.held);
        let own = [&self.main.values, &self.own.values].map(|values| Held {
            count: values.count(),
            bytes: values.bytes(),
        });
        let held = workers.chain(own).fold(Held::default(), |sum, held| Held {
            count: sum.count + held.count,
            bytes: sum.bytes + held.bytes,
        });
        let budget = self.main.limits.memory_bytes;
        if held.bytes > budget {
            return Err(Error::MemoryBudgetExceeded {
                budget,
                count: held.count,
            });
        }
        Ok(())
    }

    /// Waits for all readings, and gives all integers to the main scanner.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.put_together(true)?;
        for worker in self.workers {
            self.main.values.append(worker.end());
        }
        self.main.values.append(self.own.values);
        Ok(())
    }
}
