//! Gray rows into a PNG's chunks, one frame after another.

use std::io::{self, Write};

use flate2::write::ZlibEncoder;

use super::filter::RowFilter;
use super::{chunks, deflate};
use crate::{Error, Format, cancel};

/// A data chunk is ended once it has this many bytes.
const DATA_CHUNK_BYTES: usize = 1 << 20;

/// What the header says of the gray image.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) width: u32,
    pub(super) height: u32,
    /// 8 or 16.
    pub(super) depth: u8,
    pub(super) alpha: bool,
    pub(super) interlaced: bool,
}

impl Layout {
    pub(super) fn pixel_bytes(&self) -> usize {
        usize::from(self.depth / 8) * (1 + usize::from(self.alpha))
    }

    /// Bytes of a row of `width` pixels.
    pub(super) fn row_bytes(&self, width: u32) -> usize {
        width as usize * self.pixel_bytes()
    }

    /// Bytes of the image, uncompressed.
    pub(super) fn raw_bytes(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height) * self.pixel_bytes() as u64
    }
}

/// How hard to look for a smaller file.
#[derive(Clone, Copy)]
pub(super) enum Compression {
    /// Only runs of zeros and a code made for each block: several times faster than zlib, and about as small for
    /// photographs.
    Fast,
    /// Deflate at its default effort: for drawings, which repeat themselves, and for small images.
    Balanced,
    /// Deflate at its greatest effort.
    Best,
}

impl Compression {
    /// Images of fewer bytes are compressed in a few milliseconds by any method.
    const SMALL_BYTES: u64 = 256 << 10;

    /// For a photograph of `raw_bytes`, uncompressed.
    pub(super) fn for_photo(raw_bytes: u64) -> Self {
        if raw_bytes < Self::SMALL_BYTES {
            Self::Balanced
        } else {
            Self::Fast
        }
    }
}

/// Writes a PNG, frame by frame and row by row.
pub(super) struct Encoder {
    chunk_writer: Option<ChunkWriter>,
    zlib: Option<Zlib>,
    filter: RowFilter,
    layout: Layout,
    row_bytes: usize,
    compression: Compression,
}

impl Encoder {
    /// Begins a file: signature, header, then `metadata` (whole chunks). What goes beyond `budget` is
    /// refused.
    pub(super) fn new(metadata: &[u8], layout: Layout, compression: Compression, budget: Budget) -> Self {
        let mut output = Vec::with_capacity(metadata.len() + (64 << 10));
        output.extend_from_slice(&chunks::SIGNATURE);
        let mut header = [0; 13];
        header[..4].copy_from_slice(&layout.width.to_be_bytes());
        header[4..8].copy_from_slice(&layout.height.to_be_bytes());
        header[8] = layout.depth;
        header[9] = if layout.alpha { 4 } else { 0 };
        header[12] = u8::from(layout.interlaced);
        chunks::write(&mut output, *b"IHDR", &header);
        output.extend_from_slice(metadata);
        Self {
            chunk_writer: Some(ChunkWriter {
                output,
                layout,
                chunk: None,
                first_frame: true,
                sequence: 0,
                budget,
            }),
            zlib: None,
            filter: RowFilter::new(layout.pixel_bytes()),
            layout,
            row_bytes: 0,
            compression,
        }
    }

    /// Begins a frame. `control` is its `fcTL` chunk's data, whose sequence number is set anew.
    pub(super) fn start_frame(&mut self, control: Option<&[u8]>) {
        let mut chunk_writer = self.chunk_writer.take().expect("the frame before was ended");
        if let Some(control) = control {
            let start = chunks::begin(&mut chunk_writer.output, *b"fcTL");
            let number = chunk_writer.next_sequence();
            chunk_writer.output.extend_from_slice(&number.to_be_bytes());
            chunk_writer
                .output
                .extend_from_slice(control.get(4..).unwrap_or_default());
            chunks::end(&mut chunk_writer.output, start);
        }
        chunk_writer.begin_chunk();
        self.zlib = Some(match self.compression {
            Compression::Fast => Zlib::Fast(Box::new(
                deflate::Compressor::new(chunk_writer).expect("the two bytes of the header fit"),
            )),
            Compression::Balanced => {
                Zlib::Deflate(ZlibEncoder::new(chunk_writer, flate2::Compression::default()))
            }
            Compression::Best => Zlib::Deflate(ZlibEncoder::new(chunk_writer, flate2::Compression::best())),
        });
    }

    /// Begins a pass; an image that is not interlaced has one.
    pub(super) fn start_pass(&mut self, row_bytes: usize) {
        self.row_bytes = row_bytes;
        self.filter.start_pass(row_bytes);
    }

    /// Takes whole rows of the pass.
    pub(super) fn rows(&mut self, rows: &[u8]) -> Result<(), Error> {
        let zlib = self.zlib.as_mut().expect("a frame was begun");
        for row in rows.chunks_exact(self.row_bytes) {
            cancel::check()?;
            zlib.write(self.filter.filter(row)).map_err(refusal)?;
        }
        Ok(())
    }

    /// Takes a row of the pass that is filtered already, after the byte that names the filter.
    pub(super) fn filtered_row(&mut self, row: &[u8]) -> Result<(), Error> {
        let zlib = self.zlib.as_mut().expect("a frame was begun");
        zlib.write(row).map_err(refusal)
    }

    /// Goes on after filtered rows, the last of which was `previous` before it was filtered.
    pub(super) fn resume(&mut self, previous: &[u8]) {
        self.filter.resume(previous);
    }

    /// Ends the frame where it is, and takes out what was written.
    pub(super) fn interrupt(&mut self) -> Result<Interrupted, Error> {
        self.end_frame()?;
        let chunk_writer = self.chunk_writer.as_mut().expect("the frame was ended");
        let mut file = std::mem::take(&mut chunk_writer.output);
        chunks::write(&mut file, *b"IEND", &[]);
        Ok(Interrupted {
            file,
            layout: self.layout,
            previous: self.filter.previous().to_vec(),
        })
    }

    /// Sets the number of bytes that the file may have.
    pub(super) fn set_budget(&mut self, budget: Budget) {
        let chunk_writer = match &mut self.zlib {
            Some(zlib) => zlib.chunk_writer(),
            None => self.chunk_writer.as_mut().expect("it is here or in the deflater"),
        };
        chunk_writer.budget = budget;
    }

    /// Ends the frame.
    pub(super) fn end_frame(&mut self) -> Result<(), Error> {
        let zlib = self.zlib.take().expect("a frame was begun");
        let mut chunk_writer = zlib.finish().map_err(refusal)?;
        chunk_writer.end_chunk();
        chunk_writer.first_frame = false;
        self.chunk_writer = Some(chunk_writer);
        Ok(())
    }

    /// Adds whole chunks, between or after frames.
    pub(super) fn chunks(&mut self, chunks: &[u8]) {
        self.chunk_writer
            .as_mut()
            .expect("the frame before was ended")
            .output
            .extend_from_slice(chunks);
    }

    /// Ends the file.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut output = self.chunk_writer.expect("the last frame was ended").output;
        chunks::write(&mut output, *b"IEND", &[]);
        output
    }
}

/// A file whose last frame is not complete.
pub(super) struct Interrupted {
    pub(super) file: Vec<u8>,
    pub(super) layout: Layout,
    /// The last row, or zeros before the first row of a pass.
    pub(super) previous: Vec<u8>,
}

enum Zlib {
    Fast(Box<deflate::Compressor<ChunkWriter>>),
    Deflate(ZlibEncoder<ChunkWriter>),
}

impl Zlib {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Fast(zlib) => zlib.write(bytes),
            Self::Deflate(zlib) => zlib.write_all(bytes),
        }
    }

    fn chunk_writer(&mut self) -> &mut ChunkWriter {
        match self {
            Self::Fast(zlib) => zlib.writer(),
            Self::Deflate(zlib) => zlib.get_mut(),
        }
    }

    fn finish(self) -> io::Result<ChunkWriter> {
        match self {
            Self::Fast(zlib) => zlib.finish(),
            Self::Deflate(zlib) => zlib.finish(),
        }
    }
}

/// What an output may take.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    /// Bytes that everything together may take.
    pub(super) limit_bytes: u64,
    /// Bytes that are taken in addition to the output.
    pub(super) beside_bytes: u64,
}

impl Budget {
    /// No limit.
    pub(super) const NONE: Self = Self {
        limit_bytes: u64::MAX,
        beside_bytes: 0,
    };
}

/// Cuts compressed bytes into `IDAT` chunks, or `fdAT` ones from the second frame on.
struct ChunkWriter {
    output: Vec<u8>,
    layout: Layout,
    /// Where the open chunk begins.
    chunk: Option<usize>,
    first_frame: bool,
    /// The number of the next `fcTL` or `fdAT`.
    sequence: u32,
    budget: Budget,
}

impl ChunkWriter {
    fn next_sequence(&mut self) -> u32 {
        self.sequence += 1;
        self.sequence - 1
    }

    fn begin_chunk(&mut self) {
        let name = if self.first_frame { *b"IDAT" } else { *b"fdAT" };
        self.chunk = Some(chunks::begin(&mut self.output, name));
        if !self.first_frame {
            let number = self.next_sequence();
            self.output.extend_from_slice(&number.to_be_bytes());
        }
    }

    fn end_chunk(&mut self) {
        if let Some(start) = self.chunk.take() {
            chunks::end(&mut self.output, start);
        }
    }

    /// Makes room for `more` bytes, unless the old and the new buffer, which exist together while the content moves, would
    /// go beyond the budget.
    fn make_room(&mut self, more: usize) -> Result<(), Error> {
        let (wanted, before) = (self.output.len() + more, self.output.capacity());
        if wanted <= before {
            return Ok(());
        }
        let Budget {
            limit_bytes,
            beside_bytes,
        } = self.budget;
        let left = usize::try_from(limit_bytes.saturating_sub(beside_bytes)).unwrap_or(usize::MAX);
        let left = left.saturating_sub(before);
        if wanted > left {
            return Err(Error::TooLarge {
                format: Format::Png,
                width: self.layout.width,
                height: self.layout.height,
                needed_bytes: beside_bytes + (wanted + before) as u64,
                limit_bytes,
            });
        }
        let after = wanted.max(left.min(2 * before));
        self.output.reserve_exact(after - self.output.len());
        Ok(())
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.make_room(bytes.len()).map_err(io::Error::other)?;
        self.output.extend_from_slice(bytes);
        if let Some(start) = self.chunk
            && self.output.len() - start >= DATA_CHUNK_BYTES
        {
            self.end_chunk();
            self.begin_chunk();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The chunk writer's own error, out of the wrapping that compressors need.
fn refusal(error: io::Error) -> Error {
    let detail = error.to_string();
    match error
        .into_inner()
        .map(<dyn std::error::Error + Send + Sync>::downcast::<Error>)
    {
        Some(Ok(error)) => *error,
        _ => Error::encode(Format::Png, detail),
    }
}
