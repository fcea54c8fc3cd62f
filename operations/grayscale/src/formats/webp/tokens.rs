//! The tokens of a block (RFC 6386, 13): coefficients in zigzag order, up to an end.

use super::bool_coder::{Copier, Reader, Write};
use super::tables::{BANDS, Bands, LARGE};

/// Copies the tokens of one block from position `first` on (RFC 6386, 13.2). Returns whether there were any.
#[inline]
pub(super) fn copy_block<W: Write>(
    reader: &mut Reader<'_>,
    writer: &mut W,
    bands: &Bands,
    context: usize,
    first: usize,
) -> bool {
    let mut copier = Copier { reader, writer };
    let mut position = first;
    let mut node = &bands[BANDS[position]][context];
    loop {
        if !copier.bit(node[0]) {
            return position > first;
        }
        while !copier.bit(node[1]) {
            position += 1;
            if position == 16 {
                return true;
            }
            node = &bands[BANDS[position]][0];
        }
        let context = copy_value(&mut copier, node);
        copier.bit(128);
        position += 1;
        if position == 16 {
            return true;
        }
        node = &bands[BANDS[position]][context];
    }
}

/// Copies a value other than zero, without its sign. Returns the context that it is for the next token.
#[inline]
fn copy_value<W: Write>(copier: &mut Copier<'_, '_, W>, node: &[u8; 11]) -> usize {
    if !copier.bit(node[2]) {
        return 1;
    }
    if !copier.bit(node[3]) {
        if copier.bit(node[4]) {
            copier.bit(node[5]);
        }
    } else if !copier.bit(node[6]) {
        if copier.bit(node[7]) {
            copier.bit(165);
            copier.bit(145);
        } else {
            copier.bit(159);
        }
    } else {
        let upper = usize::from(copier.bit(node[8]));
        let lower = usize::from(copier.bit(node[9 + upper]));
        for &probability in LARGE[2 * upper + lower] {
            copier.bit(probability);
        }
    }
    2
}
