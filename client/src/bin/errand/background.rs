//! Writing on a thread of its own, so that the kernel takes in what is done while the rest is computed.

use std::io::{self, Write};
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Bytes that are handed over at once: few enough for a processor's cache, many enough that handing them over costs nothing.
const BUFFER_BYTES: usize = 256 << 10;

/// Buffers: one is filled, one is written, one lies between.
const BUFFERS: usize = 3;

/// Passes what is written to it on to another writer, on a thread of its own.
///
/// That the other writer failed is told with one of the next writes, or at the end.
pub(crate) struct Background<W> {
    buffer: Vec<u8>,
    /// None once there is no more to come.
    full: Option<SyncSender<Vec<u8>>>,
    empty: Receiver<Vec<u8>>,
    writing: Option<JoinHandle<(W, io::Result<()>)>>,
}

impl<W: Write + Send + 'static> Background<W> {
    pub(crate) fn new(mut writer: W) -> Self {
        let (full, to_write) = sync_channel::<Vec<u8>>(BUFFERS);
        let (written, empty) = sync_channel(BUFFERS);
        for _ in 1..BUFFERS {
            written.send(Vec::new()).expect("the receiver is here");
        }
        let writing = thread::spawn(move || {
            for mut bytes in to_write {
                if let Err(error) = writer.write_all(&bytes) {
                    return (writer, Err(error));
                }
                bytes.clear();
                // Nobody waits for the last ones.
                let _ = written.send(bytes);
            }
            let flushed = writer.flush();
            (writer, flushed)
        });
        Self {
            buffer: Vec::new(),
            full: Some(full),
            empty,
            writing: Some(writing),
        }
    }

    /// Writes what is left, unless it is not wanted any more. Gives the other writer back, and how it fared.
    pub(crate) fn finish(mut self, is_wanted: bool) -> (W, io::Result<()>) {
        if is_wanted {
            // If nobody takes it, the thread tells why.
            let _ = self.hand_over();
        }
        self.join().expect("it is joined once")
    }

    /// Hands the buffer over and takes an empty one; none if the other writer has failed.
    fn hand_over(&mut self) -> Option<Vec<u8>> {
        let full = mem::take(&mut self.buffer);
        self.full.as_ref()?.send(full).ok()?;
        self.empty.recv().ok()
    }
}

impl<W> Background<W> {
    /// Waits until all is written. Gives nothing the second time.
    fn join(&mut self) -> Option<(W, io::Result<()>)> {
        self.full = None;
        Some(self.writing.take()?.join().expect("a write that panics"))
    }
}

impl<W: Write + Send + 'static> Write for Background<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() == BUFFER_BYTES {
            // Otherwise the thread has ended, with the error that `finish` gives.
            self.buffer = self.hand_over().ok_or(io::ErrorKind::BrokenPipe)?;
        }
        self.buffer.reserve_exact(BUFFER_BYTES - self.buffer.len());
        let taken = bytes.len().min(BUFFER_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Does nothing: [`Background::finish`] does, once there is no more to come.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W> Drop for Background<W> {
    /// A file that is given up is removed by then, also when the process is about to end.
    fn drop(&mut self) {
        self.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has room for this many bytes.
    struct Narrow {
        bytes: Vec<u8>,
        room: usize,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = bytes.len().min(self.room).min(100_000);
            self.bytes.extend_from_slice(&bytes[..taken]);
            self.room -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn narrow(room: usize) -> Background<Narrow> {
        Background::new(Narrow {
            bytes: Vec::new(),
            room,
        })
    }

    #[test]
    fn everything_arrives_in_its_order() {
        let bytes: Vec<u8> = (0..5 * BUFFER_BYTES + 7).map(|at| at.to_le_bytes()[0]).collect();
        for step in [1_000, BUFFER_BYTES, bytes.len()] {
            let mut writer = narrow(usize::MAX);
            for part in bytes.chunks(step) {
                writer.write_all(part).unwrap();
            }
            let (narrow, result) = writer.finish(true);
            result.unwrap();
            assert!(narrow.bytes == bytes, "{step}");
        }
    }

    #[test]
    fn the_error_of_the_other_writer_is_the_one_that_is_told() {
        for (room, length) in [(10, 11), (BUFFER_BYTES, 9 * BUFFER_BYTES)] {
            let mut writer = narrow(room);
            let written = writer.write_all(&vec![7; length]);
            assert_eq!(written.is_err(), length > BUFFERS * BUFFER_BYTES, "{length}");
            let (narrow, result) = writer.finish(true);
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::StorageFull);
            assert_eq!(narrow.bytes.len(), room);
        }
    }

    #[test]
    fn what_is_not_wanted_any_more_is_not_written() {
        let mut writer = narrow(usize::MAX);
        writer.write_all(&[7; 10]).unwrap();
        let (narrow, result) = writer.finish(false);
        result.unwrap();
        assert!(narrow.bytes.is_empty());
    }
}
