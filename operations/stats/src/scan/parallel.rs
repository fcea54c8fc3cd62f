//! Several threads reading one list.
//!
//! The text is cut into chunks where no token and no comment can be open: after a line break or, in a chunk without
//! comments, after any separator. Each chunk is read by a scanner of its own, as if it were a whole text, and what
//! the scanners read is joined in order. A chunk in which something went wrong is read again by the main scanner,
//! which knows the true positions: so errors are the same however many threads there are.
//!
//! The calling thread reads the source and hands chunks out; while the workers have enough to do, it reads some
//! itself. The workers live as long as the source lasts: a thread that was just started often shares its parent's core
//! until the parent waits, so that with threads started for every chunk, one core would mostly do all the work. Chunks
//! are small enough to stay in the second-level cache on the way from the source to the integers, and their buffers
//! are reused.

use std::io::Read;
use std::num::NonZero;
use std::thread;

use super::Scanner;
use super::chunk::Chunk;
use super::workers::WorkerPool;
use crate::ReadError;

impl Scanner {
    /// Reads the text that `source` gives, to its end, on up to `threads` threads.
    pub(crate) fn read_parallel(
        &mut self,
        source: &mut impl Read,
        threads: NonZero<usize>,
    ) -> Result<(), ReadError> {
        let mut chunk = Chunk::new();
        chunk.fill(source)?;
        if !chunk.is_full() {
            return Ok(self.feed(chunk.text())?);
        }
        thread::scope(|scope| {
            let separators = self.separators;
            let mut pool = WorkerPool::new(scope, self, threads);
            loop {
                let last = !chunk.is_full();
                let next = if last {
                    None
                } else {
                    chunk.cut(pool.spare(), separators)
                };
                match next {
                    Some(mut next) => {
                        pool.take(chunk)?;
                        next.fill(source)?;
                        chunk = next;
                    }
                    None if last => {
                        pool.take(chunk)?;
                        return Ok(pool.finish()?);
                    }
                    None => {
                        pool.read_in_order(&chunk)?;
                        chunk = pool.spare();
                        chunk.fill(source)?;
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::super::chunk::{CHUNK_BYTES, CUT_SEARCH_BYTES};
    use super::super::workers::LEADING_LINES;
    use super::*;
    use crate::decimal_sign::DecimalSign;
    use crate::values::Values;
    use crate::{Error, Limits};

    /// What a list gives on one and on three threads.
    fn both(text: &[u8], skip_invalid: bool) -> [String; 2] {
        let mut one = Scanner::new(
            skip_invalid,
            DecimalSign::Point,
            Limits::default(),
            Values::default(),
        );
        let mut three = Scanner::new(
            skip_invalid,
            DecimalSign::Point,
            Limits::default(),
            Values::default(),
        );
        let threads = NonZero::new(3).unwrap();
        let results = [
            one.feed(text).map_err(ReadError::from),
            three.read_parallel(&mut &text[..], threads),
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
        tokens.repeat(6 * CHUNK_BYTES / tokens.len())
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
            &format!("1 #{}\n", " 9".repeat(CUT_SEARCH_BYTES)),
            &format!("1{}2\n", " ".repeat(CHUNK_BYTES - 5)),
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
            let mut scanner = Scanner::new(false, DecimalSign::Point, limits(bytes), Values::default());
            scanner.read_parallel(&mut text.as_bytes(), NonZero::new(3).unwrap())
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
        for chunks in 0..4 {
            let mut scanner = Scanner::new(
                false,
                DecimalSign::Point,
                Limits {
                    token_digits: CHUNK_BYTES,
                    ..Limits::default()
                },
                Values::default(),
            );
            let result = scanner.read_parallel(&mut Broken(chunks), NonZero::new(2).unwrap());
            assert!(matches!(result, Err(ReadError::Input(_))), "{chunks}");
        }
    }
}
