//! Passes bytes between two sockets, so that a container can reach the local cloud, which listens on 127.0.0.1 alone.
//!
//!     relay unix:/DIR/socket tcp:127.0.0.1:4566      on the host
//!     relay tcp:0.0.0.0:4566 unix:/DIR/socket        in a container of its own that has /DIR mounted
//!
//! So nothing new listens on the host's network. `scripts/sam-local` compiles it with plain `rustc`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, target] = arguments.as_slice() else {
        return Err(io::Error::other("two addresses are wanted: where to listen, and where to pass on to"));
    };
    if let Some(path) = listen.strip_prefix("unix:") {
        for connection in UnixListener::bind(path)?.incoming() {
            pass_on(Connection::Unix(connection?), target.clone());
        }
    } else if let Some(address) = listen.strip_prefix("tcp:") {
        for connection in TcpListener::bind(address)?.incoming() {
            pass_on(Connection::Tcp(connection?), target.clone());
        }
    }
    Err(io::Error::other("an address begins with unix: or tcp:"))
}

/// Connects to `target` and copies both ways until both are done. A broken connection breaks its other half.
fn pass_on(client: Connection, target: String) {
    thread::spawn(move || -> io::Result<()> {
        let server = match target.split_once(':') {
            Some(("unix", path)) => Connection::Unix(UnixStream::connect(path)?),
            Some(("tcp", address)) => Connection::Tcp(TcpStream::connect(address)?),
            _ => return Err(io::Error::other("an address begins with unix: or tcp:")),
        };
        let (from_client, to_server) = (client.share()?, server.share()?);
        let there = thread::spawn(move || copy(from_client, to_server));
        copy(server, client);
        there.join().map_err(|_| io::Error::other("the copying thread panicked"))
    });
}

fn copy(mut from: Connection, mut to: Connection) {
    let _ = io::copy(&mut from, &mut to);
    to.close_writing();
}

enum Connection {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Connection {
    fn share(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Unix(stream) => Self::Unix(stream.try_clone()?),
            Self::Tcp(stream) => Self::Tcp(stream.try_clone()?),
        })
    }

    fn close_writing(&self) {
        let _ = match self {
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
        };
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(buffer),
            Self::Tcp(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
