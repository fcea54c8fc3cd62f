//! Several threads reading one piece of a list.
//!
//! The piece is cut into shares where no token and no comment can be open: after a line break or, in a piece
//! without comments, after any separator. Each share is read by a scanner of its own, as if it were a text of its
//! own, and what they read is put together in order. A share in which something went wrong is read again by the
//! main scanner, which knows the true places: so errors are the same however many threads there were.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

use super::{Scanner, Shape, State, plain};
use crate::error::Position;
use crate::summary::SkippedToken;
use crate::{Error, Limits};

/// Fewer bytes than this are not worth a thread: starting one takes as long as reading about 50 KB.
const LEAST_SHARE: usize = 256 << 10;
/// Bytes in which a place to cut is looked for.
const CUT_SEARCH: usize = 64 << 10;

impl Scanner {
    /// Reads the next piece of the text on up to `threads` threads.
    pub(crate) fn feed_shared(&mut self, piece: &[u8], threads: NonZero<usize>) -> Result<(), Error> {
        let shares = threads.get().min(piece.len() / LEAST_SHARE);
        if shares < 2 {
            return self.feed(piece);
        }
        let (lead, rest) = piece.split_at(cut(piece, 0).unwrap_or(piece.len()));
        self.feed(lead)?;
        if self.is_between_integers() {
            self.read_shares(rest, shares)
        } else {
            self.feed(rest)
        }
    }

    fn read_shares(&mut self, piece: &[u8], shares: usize) -> Result<(), Error> {
        let shares = split(piece, shares);
        // What memory is left is shared too. A scanner that needs more fails, and its share is read again.
        let left = self.limits.memory_bytes.saturating_sub(self.values.bytes());
        let limits = Limits {
            memory_bytes: left / shares.len(),
            ..self.limits
        };
        let scanner = || Self {
            shape: self.shape,
            ..Self::new(self.skip_invalid, limits)
        };
        let read = |share: &[u8]| {
            let mut scanner = scanner();
            scanner.feed(share).map(|()| scanner)
        };
        let scanners: Vec<Result<Self, Error>> = thread::scope(|scope| {
            let threads: Vec<_> = shares[1..]
                .iter()
                .map(|share| scope.spawn(|| read(share)))
                .collect();
            let mut scanners = vec![read(shares[0])];
            scanners.extend(
                threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))),
            );
            scanners
        });
        for (share, scanner) in shares.into_iter().zip(scanners) {
            match scanner {
                // After the end of an array, a share was not what its scanner took it for.
                Ok(scanner) if self.shape != Shape::ClosedArray => self.adopt(scanner)?,
                _ => self.feed(share)?,
            }
        }
        Ok(())
    }

    /// Goes on where `share`, a scanner that began between two tokens at this one's place, has come to.
    fn adopt(&mut self, share: Self) -> Result<(), Error> {
        let start = self.place;
        self.values.append(share.values);
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
        self.values.check(&self.limits)
    }

    pub(super) fn is_between_integers(&self) -> bool {
        self.state == State::Between && matches!(self.shape, Shape::List | Shape::Array(_))
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

/// At most `shares` shares of about the same length.
fn split(piece: &[u8], shares: usize) -> Vec<&[u8]> {
    let length = piece.len() / shares;
    let mut rest = piece;
    let mut split = Vec::with_capacity(shares);
    while split.len() + 1 < shares && rest.len() > length {
        let Some(end) = cut(rest, length) else { break };
        let (share, others) = rest.split_at(end);
        split.push(share);
        rest = others;
    }
    split.push(rest);
    split
}

/// Somewhere at or soon after `from` where `piece` may be cut.
fn cut(piece: &[u8], from: usize) -> Option<usize> {
    let search = &piece[from..piece.len().min(from + CUT_SEARCH)];
    let line_break = search.iter().position(|byte| *byte == b'\n');
    let last = line_break.or_else(|| {
        let separator = search.iter().position(|byte| plain::is_separator(*byte));
        separator.filter(|_| !piece.contains(&b'#'))
    });
    last.map(|last| from + last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a list gives on one and on three threads.
    fn both(text: &[u8], skip_invalid: bool) -> [String; 2] {
        [1, 3].map(|threads| {
            let mut scanner = Scanner::new(skip_invalid, Limits::default());
            let fed = scanner.feed_shared(text, NonZero::new(threads).unwrap());
            match fed.and_then(|()| scanner.finish()) {
                Ok((values, skipped)) => format!("{} {} {skipped:?}", values.count(), values.sum()),
                Err(error) => error.to_string(),
            }
        })
    }

    fn long(tokens: &str) -> String {
        tokens.repeat(4 * LEAST_SHARE / tokens.len())
    }

    #[test]
    fn many_threads_give_what_one_gives() {
        for tokens in [
            "1\n-23\n",
            "1 2 3 ",
            "5, 6, 7; ",
            "1 # 9 9\n",
            "12345678901234567890123 1\r\n",
        ] {
            let list = long(tokens);
            for text in [
                list.clone(),
                format!("# comment\n{list}"),
                format!("[{list}]"),
                format!("{list} 17"),
            ] {
                let [one, three] = both(text.as_bytes(), false);
                assert_eq!(one, three, "{tokens}");
                assert!(one.ends_with("Skipped { count: 0, first: [] }"), "{one}");
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
}
