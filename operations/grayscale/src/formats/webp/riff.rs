//! The container of WebP: chunks of a name, a length and data, padded to an even length.

use crate::{Error, Format};

/// Name and length.
const HEADER_BYTES: usize = 8;

/// Flags of the extended header: what else the file has.
pub(super) const HAS_PROFILE: u8 = 0x20;
pub(super) const HAS_ALPHA: u8 = 0x10;
pub(super) const HAS_EXIF: u8 = 0x08;
pub(super) const HAS_XMP: u8 = 0x04;

/// One chunk.
pub(super) struct Chunk<'a> {
    pub(super) name: [u8; 4],
    pub(super) data: &'a [u8],
}

/// The chunks of a file, without its outermost header, or of an animation's frame.
pub(super) struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Chunks<'a> {
    /// The chunks of a whole file.
    pub(super) fn of_file(input: &'a [u8]) -> Result<Self, Error> {
        let truncated = || Error::truncated(Format::WebP, input.len());
        let (header, body) = input.split_at_checked(12).ok_or_else(truncated)?;
        let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        // The length counts what follows it, the word "WEBP" included.
        let body = length
            .checked_sub(4)
            .and_then(|length| body.get(..length))
            .ok_or_else(truncated)?;
        Ok(Self { rest: body })
    }

    /// The chunks in a chunk.
    pub(super) fn within(body: &'a [u8]) -> Self {
        Self { rest: body }
    }
}

/// The EXIF of a file. Of several, the first one counts.
pub(super) fn exif(input: &[u8]) -> Result<Option<&[u8]>, Error> {
    let mut chunks = Chunks::of_file(input)?.flatten();
    Ok(chunks
        .find(|chunk| chunk.name == *b"EXIF")
        .map(|chunk| chunk.data))
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some((header, after)) = self.rest.split_first_chunk::<HEADER_BYTES>() else {
            // Less than a chunk's header is padding that some writers leave.
            return None;
        };
        let [n0, n1, n2, n3, l0, l1, l2, l3] = *header;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let Some(data) = after.get(..length) else {
            let name = [n0, n1, n2, n3];
            self.rest = &[];
            return Some(Err(Error::corrupt(
                Format::WebP,
                format_args!("its chunk {} is longer than the file", name.escape_ascii()),
            )));
        };
        self.rest = after.get(length + length % 2..).unwrap_or_default();
        Some(Ok(Chunk {
            name: [n0, n1, n2, n3],
            data,
        }))
    }
}

/// Appends a chunk to `output`.
pub(super) fn write(output: &mut Vec<u8>, name: [u8; 4], data: &[u8]) -> Result<(), Error> {
    let start = begin(output, name);
    output.extend_from_slice(data);
    end(output, start)
}

/// Begins a chunk of a length that is not known yet; returns what [`end`] needs.
pub(super) fn begin(output: &mut Vec<u8>, name: [u8; 4]) -> usize {
    let start = output.len();
    output.extend_from_slice(&name);
    output.extend_from_slice(&[0; 4]);
    start
}

/// Ends the chunk that was begun at `start`: fills in its length and pads it.
pub(super) fn end(output: &mut Vec<u8>, start: usize) -> Result<(), Error> {
    let length = u32::try_from(output.len() - start - HEADER_BYTES)
        .map_err(|_| Error::encode(Format::WebP, "it would be longer than 4 GiB"))?;
    output[start + 4..start + HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
    if length % 2 != 0 {
        output.push(0);
    }
    Ok(())
}

/// What is wrong with a WebP, or a frame of it.
pub(super) fn damaged(detail: &str) -> Error {
    Error::corrupt(Format::WebP, detail)
}
