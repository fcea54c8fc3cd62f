//! Protocols that take a PNG in base64: kitty's ("Terminal graphics protocol", sw.kovidgoyal.net/kitty/graphics-protocol) and
//! iTerm2's ("Inline Images Protocol", iterm2.com/documentation-images.html).

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{DynamicImage, ImageFormat};

use super::Cells;

/// What one of kitty's sequences takes at most, in bytes of base64.
const CHUNK_BYTES: usize = 4096;

pub(super) fn kitty(image: &DynamicImage, cells: Cells) -> Vec<u8> {
    let base64 = png(image);
    let mut chunks = base64.as_bytes().chunks(CHUNK_BYTES).peekable();
    // Shown at once, scaled into these cells; the terminal answers nothing, which would come as typed.
    let mut control = format!("a=T,f=100,q=2,c={},r={},", cells.columns, cells.lines);
    let mut sent = Vec::new();
    while let Some(chunk) = chunks.next() {
        let more = u8::from(chunks.peek().is_some());
        sent.extend(format!("\x1b_G{control}m={more};").into_bytes());
        sent.extend(chunk);
        sent.extend(b"\x1b\\");
        control.clear();
    }
    sent.push(b'\n');
    sent
}

pub(super) fn iterm(image: &DynamicImage, cells: Cells) -> Vec<u8> {
    let base64 = png(image);
    let size = STANDARD.decode(&base64).map_or(0, |png| png.len());
    format!(
        "\x1b]1337;File=inline=1;size={size};width={};height={};preserveAspectRatio=1:{base64}\x07\n",
        cells.columns, cells.lines
    )
    .into_bytes()
}

/// As a PNG of 8 bits, in base64.
fn png(image: &DynamicImage) -> String {
    let mut bytes = Cursor::new(Vec::new());
    let image = DynamicImage::from(image.to_luma_alpha8());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a small gray image can be written to memory");
    STANDARD.encode(bytes.into_inner())
}
