//! The threads that read a list together: which thread reads which chunk, and how what they read is joined.

use std::collections::VecDeque;
use std::mem;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::thread::{Scope, ScopedJoinHandle};

use super::chunk::{Chunk, first_cut};
use super::{Scanner, Shape};
use crate::decimal_sign::DecimalSign;
use crate::values::Values;
use crate::{Error, Limits};

/// The most chunks in a worker's queue, besides the one that it is reading: enough that it never waits for the next.
const QUEUED_CHUNKS: usize = 2;
/// Lines that the main scanner reads by itself, looking for the first number, before it reads a whole chunk.
pub(super) const LEADING_LINES: usize = 64;

/// The calling thread, with the main scanner and a reader of its own, and its workers.
pub(super) struct WorkerPool<'main, 'scope> {
    main: &'main mut Scanner,
    own: ChunkReader,
    workers: Vec<Worker<'scope>>,
    /// The chunks handed out and not yet joined, in the order of the text.
    pending: VecDeque<Pending>,
    spare: Vec<Chunk>,
}

enum Pending {
    /// The next result of the worker with this index.
    Worker(usize),
    Own(Box<ReadChunk>),
}

impl<'main, 'scope> WorkerPool<'main, 'scope> {
    /// The calling thread, which counts as one of `threads`, and as many workers as there are others.
    pub(super) fn new(
        scope: &'scope Scope<'scope, '_>,
        main: &'main mut Scanner,
        threads: NonZero<usize>,
    ) -> Self {
        let workers = (1..threads.get()).map(|_| Worker::start(scope, ChunkReader::new(main)));
        Self {
            workers: workers.collect(),
            own: ChunkReader::new(main),
            main,
            pending: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    /// An empty buffer.
    pub(super) fn spare(&mut self) -> Chunk {
        let mut chunk = self.spare.pop().unwrap_or_else(Chunk::new);
        chunk.clear();
        chunk
    }

    /// Takes the next chunk, which ends where it may be cut or with the text, and has any thread read it.
    pub(super) fn take(&mut self, mut chunk: Chunk) -> Result<(), Error> {
        // As long as any are pending, the chunks before this one ended where they were cut: between two numbers.
        if self.pending.is_empty() && !self.main.is_between_numbers() {
            let lead = self.lead(chunk.text())?;
            if !self.main.is_between_numbers() {
                return self.main.feed(&chunk.text()[lead..]);
            }
            chunk.remove_front(lead);
        }
        let shape = self.main.shape;
        let free = self
            .workers
            .iter_mut()
            .enumerate()
            .find(|(_, worker)| worker.unanswered <= QUEUED_CHUNKS);
        if let Some((index, worker)) = free {
            worker.unanswered += 1;
            self.pending.push_back(Pending::Worker(index));
            // A worker that receives nothing has panicked, which shows when its result is wanted.
            let _ = worker.chunks.send((chunk, shape));
        } else {
            let result = self.own.read(chunk, shape);
            self.pending.push_back(Pending::Own(Box::new(result)));
        }
        self.join_pending(false)
    }

    /// Reads a chunk that only the main scanner can read: a token or comment may be open where it ends.
    pub(super) fn read_in_order(&mut self, chunk: &Chunk) -> Result<(), Error> {
        self.join_pending(true)?;
        self.main.feed(chunk.text())
    }

    /// Has the main scanner read up to where numbers have begun. Returns how many bytes that was.
    fn lead(&mut self, text: &[u8]) -> Result<usize, Error> {
        let mut read = 0;
        for _ in 0..LEADING_LINES {
            let Some(length) = first_cut(&text[read..], self.main.separators) else {
                break;
            };
            self.main.feed(&text[read..read + length])?;
            read += length;
            if self.main.is_between_numbers() {
                break;
            }
        }
        Ok(read)
    }

    /// Joins results in the order of the text: those that are there, or, waiting for them, all.
    fn join_pending(&mut self, all: bool) -> Result<(), Error> {
        while let Some(pending) = self.pending.pop_front() {
            let result = match pending {
                Pending::Own(result) => *result,
                Pending::Worker(index) => {
                    let worker = &mut self.workers[index];
                    let received = if all {
                        worker.results.recv().map_err(|_| TryRecvError::Disconnected)
                    } else {
                        worker.results.try_recv()
                    };
                    match received {
                        Ok(mut result) => {
                            worker.unanswered -= 1;
                            worker.held = mem::take(&mut result.held);
                            result
                        }
                        Err(TryRecvError::Empty) => {
                            self.pending.push_front(pending);
                            break;
                        }
                        Err(TryRecvError::Disconnected) => {
                            self.workers.swap_remove(index).end();
                            unreachable!("a worker ends before it is told to only if it panics");
                        }
                    }
                }
            };
            self.join(result)?;
        }
        Ok(())
    }

    fn join(&mut self, result: ReadChunk) -> Result<(), Error> {
        match result.outcome {
            // The array has ended, but the chunk was read as if it were inside the array.
            Ok(_) if self.main.shape == Shape::ClosedArray => self.main.feed(result.chunk.text())?,
            Ok(scanner) => self.main.continue_from(scanner),
            Err(error) => {
                self.main.feed(result.chunk.text())?;
                return Err(error);
            }
        }
        self.spare.push(result.chunk);
        self.check()
    }

    /// Fails if all threads together hold more memory than allowed.
    fn check(&self) -> Result<(), Error> {
        let own = [&self.main.values, &self.own.values].map(Held::by);
        let all = || self.workers.iter().map(|worker| &worker.held).chain(&own);
        let budget = self.main.limits.memory_bytes;
        if all().map(|held| held.bytes).sum::<usize>() > budget {
            let longest = all().max_by_key(|held| held.places);
            return Err(Error::MemoryBudgetExceeded {
                budget,
                count: all().map(|held| held.count).sum(),
                places: longest.map_or(0, |held| held.places),
                longest: longest.map_or_else(String::new, |held| held.longest.clone()),
            });
        }
        Ok(())
    }

    /// Waits for all results, and moves all numbers to the main scanner.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.join_pending(true)?;
        for worker in self.workers {
            self.main.values.append(worker.end());
        }
        self.main.values.append(self.own.values);
        Ok(())
    }
}

/// A thread that reads chunks.
struct Worker<'scope> {
    chunks: SyncSender<(Chunk, Shape)>,
    results: Receiver<ReadChunk>,
    /// Chunks sent whose results were not received.
    unanswered: usize,
    held: Held,
    thread: ScopedJoinHandle<'scope, Values>,
}

impl<'scope> Worker<'scope> {
    fn start(scope: &'scope Scope<'scope, '_>, mut reader: ChunkReader) -> Self {
        let (chunks, queue) = mpsc::sync_channel(QUEUED_CHUNKS);
        let (sender, results) = mpsc::channel();
        let thread = scope.spawn(move || {
            for (chunk, shape) in queue {
                // After an error, nobody receives results any more.
                if sender.send(reader.read(chunk, shape)).is_err() {
                    break;
                }
            }
            reader.values
        });
        Self {
            chunks,
            results,
            unanswered: 0,
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

/// Reads chunks, each as a text of its own, and keeps the numbers of all of them.
struct ChunkReader {
    skip_invalid: bool,
    sign: DecimalSign,
    limits: Limits,
    values: Values,
}

impl ChunkReader {
    fn new(main: &Scanner) -> Self {
        Self {
            skip_invalid: main.skip_invalid,
            sign: main.sign,
            limits: main.limits,
            values: Values::empty_like(&main.values),
        }
    }

    fn read(&mut self, chunk: Chunk, shape: Shape) -> ReadChunk {
        let mut scanner = Scanner {
            shape,
            ..Scanner::new(
                self.skip_invalid,
                self.sign,
                self.limits,
                mem::take(&mut self.values),
            )
        };
        let fed = scanner.feed(chunk.text());
        self.values = mem::take(&mut scanner.values);
        ReadChunk {
            chunk,
            outcome: fed.map(|()| scanner),
            held: Held::by(&self.values),
        }
    }
}

/// A chunk that was read.
struct ReadChunk {
    chunk: Chunk,
    /// The scanner at the end of the chunk, without the values.
    outcome: Result<Scanner, Error>,
    /// What its reader now holds.
    held: Held,
}

/// How many values are held, the bytes of memory they take, and at how many decimal places, which a token asked for.
#[derive(Default)]
struct Held {
    count: u64,
    bytes: usize,
    places: u32,
    longest: String,
}

impl Held {
    fn by(values: &Values) -> Self {
        Self {
            count: values.count(),
            bytes: values.bytes(),
            places: values.places(),
            longest: values.longest().to_owned(),
        }
    }
}
