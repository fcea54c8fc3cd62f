//! The one field of EXIF that changes how an image looks.

/// Tag 0x0112 of the first directory (EXIF 2.32, 4.6.4): a SHORT from 1 to 8, 1 being upright.
const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// The orientation that a block of EXIF (a TIFF structure, or one behind `Exif\0\0`) asks for, if it is from 1 to 8.
pub(crate) fn orientation(block: &[u8]) -> Option<u8> {
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let little = match block.get(..4)? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let short = |offset: usize| -> Option<u16> {
        let bytes = *block.get(offset..)?.first_chunk()?;
        Some(if little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    };
    let long = *block.get(4..)?.first_chunk()?;
    let directory = usize::try_from(if little {
        u32::from_le_bytes(long)
    } else {
        u32::from_be_bytes(long)
    })
    .ok()?;
    let entries = usize::from(short(directory)?);
    for entry in 0..entries {
        let offset = directory.checked_add(2 + entry * 12)?;
        if short(offset)? == ORIENTATION && short(offset + 2)? == SHORT {
            return u8::try_from(short(offset + 8)?)
                .ok()
                .filter(|value| (1..=8).contains(value));
        }
    }
    None
}

/// A block of EXIF that says nothing but the orientation of `block`; `None` where the image is upright anyway.
pub(crate) fn orientation_only(block: &[u8]) -> Option<Vec<u8>> {
    let value = orientation(block).filter(|value| *value != 1)?;
    let mut minimal = b"II*\0\x08\0\0\0\x01\0".to_vec();
    minimal.extend_from_slice(&ORIENTATION.to_le_bytes());
    minimal.extend_from_slice(&SHORT.to_le_bytes());
    minimal.extend_from_slice(&1_u32.to_le_bytes());
    minimal.extend_from_slice(&[value, 0, 0, 0]);
    minimal.extend_from_slice(&0_u32.to_le_bytes());
    Some(minimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orientation_survives_being_alone() {
        let block = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        assert_eq!(orientation(block), Some(6));
        assert_eq!(orientation(&orientation_only(block).unwrap()), Some(6));
        assert_eq!(orientation_only(b"II*\0\x08\0\0\0\0\0\0\0\0\0"), None);
        assert_eq!(orientation(b"II*\0\xFF\xFF\xFF\xFF"), None);
    }
}
