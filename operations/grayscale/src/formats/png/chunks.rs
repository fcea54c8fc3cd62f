//! A PNG file as a sequence of chunks (PNG, section 5), and what one pass over them tells.

use ::png::ColorType;

use crate::{Error, Format, Luma};

/// The eight bytes before the first chunk (PNG, 5.2).
pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1A\n";

/// Length, name and checksum: what surrounds a chunk's data.
const FRAME_BYTES: usize = 12;

/// One chunk.
pub(super) struct Chunk<'a> {
    pub(super) name: [u8; 4],
    pub(super) data: &'a [u8],
    /// Length, name, data and checksum.
    pub(super) whole: &'a [u8],
    /// Where it begins in the file.
    pub(super) offset: usize,
}

impl Chunk<'_> {
    /// Critical chunks have a name that begins with a capital letter (PNG, 5.4).
    pub(super) fn is_critical(&self) -> bool {
        self.name[0] & 0x20 == 0
    }

    /// Whether the picture would be another one without this chunk: damage in it is an error, and in any other chunk a reason
    /// to leave that out.
    pub(super) fn decides_pixels(&self) -> bool {
        self.name == *b"tRNS" || self.is_animation() || self.is_critical()
    }

    /// Whether the chunk is part of the animation's structure (PNG, 11.3.6).
    pub(super) fn is_animation(&self) -> bool {
        matches!(&self.name, b"acTL" | b"fcTL" | b"fdAT")
    }

    /// Whether the chunk's checksum is right.
    pub(super) fn is_whole(&self) -> bool {
        let (content, checksum) = self.whole[4..].split_at(4 + self.data.len());
        crc32fast::hash(content).to_be_bytes() == checksum
    }
}

/// The chunks of a file, up to and with `IEND`. A file that ends before is an error.
pub(super) struct Chunks<'a> {
    input: &'a [u8],
    offset: usize,
    ended: bool,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            offset: SIGNATURE.len(),
            ended: false,
        }
    }

    fn next_chunk(&mut self) -> Option<Chunk<'a>> {
        let rest = self.input.get(self.offset..)?;
        let (length, rest_after_length) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (name, _) = rest_after_length.split_first_chunk::<4>()?;
        let whole = rest.get(..length.checked_add(FRAME_BYTES)?)?;
        let chunk = Chunk {
            name: *name,
            data: &whole[8..8 + length],
            whole,
            offset: self.offset,
        };
        self.offset += whole.len();
        Some(chunk)
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let Some(chunk) = self.next_chunk() else {
            self.ended = true;
            return Some(Err(Error::truncated(Format::Png, self.input.len())));
        };
        self.ended = chunk.name == *b"IEND";
        Some(Ok(chunk))
    }
}

/// Appends a chunk to `output`.
pub(super) fn write(output: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let start = begin(output, name);
    output.extend_from_slice(data);
    end(output, start);
}

/// Begins a chunk of a length that is not known yet; returns what [`end`] needs.
pub(super) fn begin(output: &mut Vec<u8>, name: [u8; 4]) -> usize {
    let start = output.len();
    output.extend_from_slice(&[0; 4]);
    output.extend_from_slice(&name);
    start
}

/// Ends the chunk that was begun at `start`: fills in its length and adds the checksum.
pub(super) fn end(output: &mut Vec<u8>, start: usize) {
    let length = (output.len() - start - 8) as u32;
    output[start..start + 4].copy_from_slice(&length.to_be_bytes());
    let checksum = crc32fast::hash(&output[start + 4..]);
    output.extend_from_slice(&checksum.to_be_bytes());
}

/// The image header (PNG, 11.2.1).
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) depth: u8,
    pub(super) color: ColorType,
    pub(super) interlaced: bool,
}

impl Header {
    fn read(data: &[u8]) -> Result<Self, Error> {
        let &[
            w0,
            w1,
            w2,
            w3,
            h0,
            h1,
            h2,
            h3,
            depth,
            color,
            compression,
            filter,
            interlace,
        ] = data
        else {
            return Err(Error::corrupt(Format::Png, "its header does not have 13 bytes"));
        };
        let (width, height) = (
            u32::from_be_bytes([w0, w1, w2, w3]),
            u32::from_be_bytes([h0, h1, h2, h3]),
        );
        if width == 0 || height == 0 || width > i32::MAX as u32 || height > i32::MAX as u32 {
            return Err(Error::corrupt(
                Format::Png,
                format_args!("its size is {width}x{height}"),
            ));
        }
        let fine = match color {
            0 => matches!(depth, 1 | 2 | 4 | 8 | 16),
            3 => matches!(depth, 1 | 2 | 4 | 8),
            2 | 4 | 6 => matches!(depth, 8 | 16),
            _ => false,
        };
        if !fine || compression != 0 || filter != 0 || interlace > 1 {
            return Err(Error::corrupt(
                Format::Png,
                format_args!(
                    "its header asks for color type {color} with {depth} bits, compression {compression}, filter \
                     {filter}, interlace {interlace}"
                ),
            ));
        }
        let color = ColorType::from_u8(color).expect("the color type was checked");
        Ok(Self {
            width,
            height,
            depth,
            color,
            interlaced: interlace == 1,
        })
    }

    pub(super) fn dimensions(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Bytes of a row of `width` pixels.
    pub(super) fn row_bytes(&self, width: u32) -> usize {
        let bits = self.color.samples() * usize::from(self.depth);
        (width as usize * bits).div_ceil(8)
    }
}

/// What one pass over a file tells.
pub(super) struct Summary<'a> {
    pub(super) header: Header,
    /// `PLTE`: three bytes a color.
    pub(super) palette: &'a [u8],
    /// `tRNS`: a transparent color, or an alpha value for each palette entry.
    pub(super) transparency: Option<&'a [u8]>,
    /// Whether an ancillary chunk that decides nothing about the pixels is damaged.
    pub(super) damaged: bool,
    /// `eXIf`: the first whole one, wherever it stands (PNG, 11.3.4.5: before or after the image data).
    pub(super) exif: Option<&'a [u8]>,
    /// Whether there is an `acTL`.
    pub(super) animated: bool,
    /// How many frames the animation has.
    pub(super) animation_frames: u32,
    /// The still image is no frame of the animation.
    pub(super) separate_still: bool,
    /// Compressed bytes of all frames.
    pub(super) data_bytes: u64,
    /// The length of the file up to the end of `IEND`.
    pub(super) length: usize,
}

impl<'a> Summary<'a> {
    /// Reads a file once and checks every checksum.
    pub(super) fn read(input: &'a [u8]) -> Result<Self, Error> {
        let mut chunks = Chunks::new(input);
        let first = chunks.next().expect("the first chunk is there or an error")?;
        if first.name != *b"IHDR" {
            return Err(Error::corrupt(Format::Png, "its first chunk is not the header"));
        }
        check(&first)?;
        let mut summary = Self {
            header: Header::read(first.data)?,
            palette: &[],
            transparency: None,
            damaged: false,
            exif: None,
            animated: false,
            animation_frames: 0,
            separate_still: false,
            data_bytes: 0,
            length: input.len(),
        };
        let indexed = summary.header.color == ColorType::Indexed;
        let (mut palette_seen, mut still_seen) = (false, false);
        for chunk in &mut chunks {
            let chunk = chunk?;
            if chunk.decides_pixels() {
                check(&chunk)?;
            } else if !chunk.is_whole() {
                summary.damaged = true;
                continue;
            }
            match &chunk.name {
                // The codec takes the first palette, and this check would see the last.
                b"PLTE" if indexed && (palette_seen || still_seen) => {
                    let detail = format_args!("its palette at byte {} is out of place", chunk.offset);
                    return Err(Error::corrupt(Format::Png, detail));
                }
                b"PLTE" => {
                    summary.palette = chunk.data;
                    palette_seen = true;
                }
                b"tRNS" => summary.transparency = Some(chunk.data),
                b"eXIf" => {
                    summary.exif.get_or_insert(chunk.data);
                }
                b"acTL" if !still_seen => summary.animated = true,
                b"fcTL" => summary.animation_frames += 1,
                b"IDAT" => {
                    summary.separate_still |= !still_seen && summary.animation_frames == 0;
                    still_seen = true;
                    summary.data_bytes += chunk.data.len() as u64;
                }
                b"fdAT" => summary.data_bytes += chunk.data.len() as u64,
                b"IHDR" => return Err(Error::corrupt(Format::Png, "it has two headers")),
                b"IEND" => {}
                name if chunk.is_critical() => {
                    let feature = format!("an unknown critical chunk {}", name.escape_ascii());
                    return Err(Error::unsupported(Format::Png, feature));
                }
                _ => {}
            }
        }
        summary.length = chunks.offset;
        if !still_seen {
            return Err(Error::corrupt(Format::Png, "it has no image data"));
        }
        if indexed {
            let entries = summary.palette.len() / 3;
            if !summary.palette.len().is_multiple_of(3) || entries == 0 || entries > 256 {
                let detail = format_args!("its palette has {} bytes", summary.palette.len());
                return Err(Error::corrupt(Format::Png, detail));
            }
        }
        Ok(summary)
    }

    /// The palette's gray, still as three bytes an entry.
    pub(super) fn gray_palette(&self, luma: Luma) -> Vec<u8> {
        self.palette
            .as_chunks::<3>()
            .0
            .iter()
            .flat_map(|&[r, g, b]| [luma.gray8(r, g, b); 3])
            .collect()
    }
}

fn check(chunk: &Chunk<'_>) -> Result<(), Error> {
    if chunk.is_whole() {
        return Ok(());
    }
    let (name, offset) = (chunk.name.escape_ascii(), chunk.offset);
    Err(Error::corrupt(
        Format::Png,
        format_args!("the checksum of its chunk {name} at byte {offset} is wrong"),
    ))
}
