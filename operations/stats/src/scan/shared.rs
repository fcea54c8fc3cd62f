//! Several threads reading one list.
//!
//! The text is cut into pieces where no token and no comment can be open: after a line break or, in a piece
//! without comments, after any separator. Each piece is read by a scanner of its own, as if it were a text of its
//! own, and what they read is put together in order. A piece in which something went wrong is read again by the main
//! scanner, which knows the true places: so errors are the same however many threads there were.
//!
//! The thread that calls reads the source and hands pieces out; while the others have enough to do, it takes some
//! itself. The threads live as long as the source lasts: one that was just started often shares its parent's core
//! until the parent waits, so starting threads for every piece would mostly be reading on one core. Pieces are small
//! enough to stay in the second-level cache on the way from the source to the integers, and their buffers are used
//! again.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::mem;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::thread::{self, Scope, ScopedJoinHandle};

use super::{Scanner, Shape, State, plain};
use crate::error::Position;
use crate::summary::SkippedToken;
use crate::values::Values;
use crate::{Error, Limits, ReadError};

/// Bytes of a piece.
const PIECE: usize = 512 << 10;
/// Bytes in which a place to cut is looked for.
const CUT_SEARCH: usize = 64 << 10;
/// Pieces that wait for a thread, at the most: with one in hand and one more, it never has to wait itself.
const WAITING: usize = 2;
/// Lines that the main scanner reads by itself, looking for the first integer, before it reads a whole piece.
const LEADING_LINES: usize = 64;

impl Scanner {
    /// Reads the text that `source` gives, to its end, on up to `threads` threads.
    pub(crate) fn read_shared(
        &mut self,
        source: &mut impl Read,
        threads: NonZero<usize>,
    ) -> Result<(), ReadError> {
        let mut piece = Piece::new();
        piece.fill(source)?;
        if !piece.is_full() {
            return Ok(self.feed(piece.text())?);
        }
        thread::scope(|scope| {
            let mut crew = Crew::new(scope, self, threads);
            loop {
                let last = !piece.is_full();
                let next = if last { None } else { piece.cut(crew.spare()) };
                match next {
                    Some(mut next) => {
                        crew.take(piece)?;
                        next.fill(source)?;
                        piece = next;
                    }
                    None if last => {
                        crew.take(piece)?;
                        return Ok(crew.finish()?);
                    }
                    None => {
                        crew.take_in_turn(&piece)?;
                        piece = crew.spare();
                        piece.fill(source)?;
                    }
                }
            }
        })
    }

    /// Goes on where `share`, a scanner that began between two tokens at this one's place, has come to.
    fn adopt(&mut self, share: Self) {
        let start = self.place;
        let unlisted = share.skipped.count - share.skipped.first.len() as u64;
        for SkippedToken { token, position } in share.skipped.first {
            self.skipped.add(SkippedToken {
                token,
                position: moved(position, start),
            });
        }
        self.skipped.count += unlisted;
        self.place = moved(share.place, start);
        self.state = share.state;
        self.shape = share.shape;
        self.token = share.token;
        self.token_place = moved(share.token_place, start);
    }

    pub(super) fn is_between_integers(&self) -> bool {
        self.state == State::Between && matches!(self.shape, Shape::List | Shape::Array(_))
    }
}

/// Text in a buffer that is used again.
struct Piece {
    buffer: Vec<u8>,
    /// How much of the buffer is text.
    length: usize,
}

impl Piece {
    fn new() -> Self {
        Self {
            buffer: vec![0; PIECE],
            length: 0,
        }
    }

    fn text(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    fn is_full(&self) -> bool {
        self.length == self.buffer.len()
    }

    /// Reads until it is full or the source ends.
    fn fill(&mut self, source: &mut impl Read) -> io::Result<()> {
        while !self.is_full() {
            match source.read(&mut self.buffer[self.length..]) {
                Ok(0) => break,
                Ok(count) => self.length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Ends it where it may be cut, if it may; what follows goes to the beginning of `next`.
    fn cut(&mut self, mut next: Self) -> Option<Self> {
        let end = last_cut(self.text())?;
        let rest = &self.buffer[end..self.length];
        next.buffer[..rest.len()].copy_from_slice(rest);
        next.length = rest.len();
        self.length = end;
        Some(next)
    }
}

/// Reads pieces one by one, whose integers it keeps.
struct Reader {
    skip_invalid: bool,
    limits: Limits,
    values: Values,
}

/// A piece that was read.
struct Reading {
    piece: Piece,
    /// The scanner behind the piece, without the values.
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
            values: main.values.another(),
        }
    }

    fn read(&mut self, piece: Piece, shape: Shape) -> Reading {
        let mut scanner = Scanner {
            shape,
            ..Scanner::new(self.skip_invalid, self.limits, mem::take(&mut self.values))
        };
        let fed = scanner.feed(piece.text());
        self.values = mem::take(&mut scanner.values);
        Reading {
            piece,
            outcome: fed.map(|()| scanner),
            held: Held {
                count: self.values.count(),
                bytes: self.values.bytes(),
            },
        }
    }
}

/// A thread that reads pieces.
struct Worker<'scope> {
    pieces: SyncSender<(Piece, Shape)>,
    readings: Receiver<Reading>,
    /// Pieces sent whose readings were not received.
    waiting: usize,
    held: Held,
    thread: ScopedJoinHandle<'scope, Values>,
}

impl<'scope> Worker<'scope> {
    fn start(scope: &'scope Scope<'scope, '_>, mut reader: Reader) -> Self {
        let (pieces, inbox) = mpsc::sync_channel(WAITING);
        let (outbox, readings) = mpsc::channel();
        let thread = scope.spawn(move || {
            for (piece, shape) in inbox {
                // Nobody listens any more once something went wrong.
                if outbox.send(reader.read(piece, shape)).is_err() {
                    break;
                }
            }
            reader.values
        });
        Self {
            pieces,
            readings,
            waiting: 0,
            held: Held::default(),
            thread,
        }
    }

    /// Ends the thread, or passes its panic on.
    fn end(self) -> Values {
        drop(self.pieces);
        self.thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// The calling thread with the main scanner and a reader of its own, and its workers.
struct Crew<'main, 'scope> {
    main: &'main mut Scanner,
    own: Reader,
    workers: Vec<Worker<'scope>>,
    /// The pieces handed out whose readings are not yet put together, in their order.
    turns: VecDeque<Turn>,
    spare: Vec<Piece>,
}

enum Turn {
    /// The next reading of the worker with this index.
    Worker(usize),
    Own(Box<Reading>),
}

impl<'main, 'scope> Crew<'main, 'scope> {
    fn new(scope: &'scope Scope<'scope, '_>, main: &'main mut Scanner, threads: NonZero<usize>) -> Self {
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
    fn spare(&mut self) -> Piece {
        let mut piece = self.spare.pop().unwrap_or_else(Piece::new);
        piece.length = 0;
        piece
    }

    /// Takes the next piece, which can be read by itself if it begins between two integers.
    fn take(&mut self, mut piece: Piece) -> Result<(), Error> {
        // As long as there are turns, the pieces before this one ended where they were cut: between two integers.
        if self.turns.is_empty() && !self.main.is_between_integers() {
            let lead = self.lead(piece.text())?;
            if !self.main.is_between_integers() {
                return self.main.feed(&piece.text()[lead..]);
            }
            piece.buffer.copy_within(lead..piece.length, 0);
            piece.length -= lead;
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
            let _ = worker.pieces.send((piece, shape));
        } else {
            let reading = self.own.read(piece, shape);
            self.turns.push_back(Turn::Own(Box::new(reading)));
        }
        self.put_together(false)
    }

    /// Takes a piece that the main scanner has to read: where it ends, a token or comment may be open.
    fn take_in_turn(&mut self, piece: &Piece) -> Result<(), Error> {
        self.put_together(true)?;
        self.main.feed(piece.text())
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
            // After the end of an array, a piece was not what its scanner took it for.
            Ok(_) if self.main.shape == Shape::ClosedArray => self.main.feed(reading.piece.text())?,
            Ok(scanner) => self.main.adopt(scanner),
            Err(error) => {
                self.main.feed(reading.piece.text())?;
                return Err(error);
            }
        }
        self.spare.push(reading.piece);
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
    fn finish(mut self) -> Result<(), Error> {
        self.put_together(true)?;
        for worker in self.workers {
            self.main.values.append(worker.end());
        }
        self.main.values.append(self.own.values);
        Ok(())
    }
}

/// A position in a text that begins at `start`.
fn moved(position: Position, start: Position) -> Position {
    if position.line == 1 {
        Position {
            line: start.line,
            column: start.column + position.column - 1,
        }
    } else {
        Position {
            line: start.line + position.line - 1,
            ..position
        }
    }
}

/// Where near its beginning the text may first be cut.
fn first_cut(text: &[u8]) -> Option<usize> {
    let search = &text[..text.len().min(CUT_SEARCH)];
    let line_break = search.iter().position(|byte| *byte == b'\n');
    let last = line_break.or_else(|| {
        let separator = search.iter().position(|byte| plain::is_separator(*byte));
        separator.filter(|_| !text.contains(&b'#'))
    });
    last.map(|last| last + 1)
}

/// Where near its end the text may last be cut.
fn last_cut(text: &[u8]) -> Option<usize> {
    let from = text.len().saturating_sub(CUT_SEARCH);
    let search = &text[from..];
    let line_break = search.iter().rposition(|byte| *byte == b'\n');
    let last = line_break.or_else(|| {
        let separator = search.iter().rposition(|byte| plain::is_separator(*byte));
        separator.filter(|_| !text.contains(&b'#'))
    });
    last.map(|last| from + last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a list gives on one and on three threads.
    fn both(text: &[u8], skip_invalid: bool) -> [String; 2] {
        let mut one = Scanner::new(skip_invalid, Limits::default(), Values::default());
        let mut three = Scanner::new(skip_invalid, Limits::default(), Values::default());
        let threads = NonZero::new(3).unwrap();
        let results = [
            one.feed(text).map_err(ReadError::from),
            three.read_shared(&mut &text[..], threads),
        ];
        let mut scanners = [one, three].into_iter();
        results.map(|result| {
            let scanner = scanners.next().unwrap();
            match result.and_then(|()| Ok(scanner.finish()?)) {
                Ok((values, skipped)) => format!("{} {} {skipped:?}", values.count(), values.sum()),
                Err(error) => error.to_string(),
            }
        })
    }

    fn long(tokens: &str) -> String {
        tokens.repeat(6 * PIECE / tokens.len())
    }

    #[test]
    fn many_threads_give_what_one_gives() {
        for tokens in [
            "1\n-23\n",
            "1 2 3 ",
            "5, 6, 7; ",
            "1 # 9 9\n",
            "1 # 9 9 ",
            "12345678901234567890123 1\r\n",
            &format!("1 #{}\n", " 9".repeat(CUT_SEARCH)),
            &format!("1{}2\n", " ".repeat(PIECE - 5)),
            &"7".repeat(99_999),
        ] {
            let list = long(tokens);
            for text in [
                list.clone(),
                format!("# comment\n{list}"),
                format!("{}{list}", "# comment\n".repeat(2 * LEADING_LINES)),
                format!("[{list}]"),
                format!("[{list}]{}", long(" ")),
                format!("{list} 17"),
                format!("{}{list}", long("\n ")),
            ] {
                let [one, three] = both(text.as_bytes(), false);
                assert_eq!(one, three, "{}", &tokens[..tokens.len().min(40)]);
            }
        }
    }

    #[test]
    fn many_threads_fail_as_one_does() {
        let list = long("1\n2 ");
        for text in [
            format!("{list}x {list}"),
            format!("{list}{list}\n é 3,y 4"),
            format!("[{list}"),
            format!("[{list}] {list}"),
            format!("{list}] {list}"),
            format!("[{list}[ {list}"),
            format!("{}\u{e9}{}", long("1 "), long("2 ")),
            format!("{list}{}{list}", "8".repeat(100_001)),
        ] {
            let [one, three] = both(text.as_bytes(), false);
            assert_eq!(one, three);
            let [one, three] = both(text.as_bytes(), true);
            assert_eq!(one, three);
        }
    }

    #[test]
    fn skipped_tokens_are_placed_and_counted_the_same() {
        for text in [
            format!("{}x é {} y\n{}z", long("1 "), long("1 "), long("2 ")),
            long("1\nx "),
            long("x "),
        ] {
            let [one, three] = both(text.as_bytes(), true);
            assert_eq!(one, three);
            assert!(one.contains('x'), "{one}");
        }
    }

    #[test]
    fn threads_share_one_budget() {
        let text = long("1234567\n-7654321\n");
        let limits = |memory_bytes| Limits {
            memory_bytes,
            ..Limits::default()
        };
        let read = |bytes| {
            let mut scanner = Scanner::new(false, limits(bytes), Values::default());
            scanner.read_shared(&mut text.as_bytes(), NonZero::new(3).unwrap())
        };
        let count = text.lines().count();
        read(5 * count).unwrap();
        let error = read(3 * count).unwrap_err();
        assert!(
            matches!(error, ReadError::List(Error::MemoryBudgetExceeded { budget, .. }) if budget == 3 * count),
            "{error}"
        );
    }

    #[test]
    fn an_input_that_cannot_be_read_on_is_an_error() {
        struct Broken(usize);
        impl Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::ConnectionReset)?;
                buffer.fill(b'1');
                *buffer.last_mut().unwrap() = b'\n';
                Ok(buffer.len())
            }
        }
        for pieces in 0..4 {
            let mut scanner = Scanner::new(
                false,
                Limits {
                    token_digits: PIECE,
                    ..Limits::default()
                },
                Values::default(),
            );
            let result = scanner.read_shared(&mut Broken(pieces), NonZero::new(2).unwrap());
            assert!(matches!(result, Err(ReadError::Input(_))), "{pieces}");
        }
    }
}
