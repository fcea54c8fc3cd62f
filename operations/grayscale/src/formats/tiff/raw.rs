//! Camera raw files, which are TIFFs by their structure: what a reader of TIFF finds in them is a thumbnail, or the mosaic
//! of a sensor. They are told by their own tags, not by the maker's name, which scanners and ordinary pictures have too.

use jpeg_luma::ifd::{Directory, Entry};

use super::file::{COMPRESSION, File, PHOTOMETRIC};
use crate::Error;

const MAKER: u16 = 271;
const SUB_DIRECTORIES: u16 = 330;
/// Adobe's DNG (specification 1.7.1): the version of it that a file follows.
const DNG_VERSION: u16 = 50_706;
/// What samples mean in raw files alone: a mosaic of colors, and a sensor's colors as they are (DNG 1.7.1).
const SENSOR_COLORS: [u64; 2] = [32_803, 34_892];
/// Compressions of raw files alone (libtiff's `tiff.h`, `ExifTool`'s table of them): Sony's, Samsung's, Nikon's, Kodak's, Pentax'.
const COMPRESSIONS: [u64; 7] = [32_767, 32_769, 32_770, 34_713, 65_000, 65_535, 32_867];
/// Pages of which the directories below are looked at, and how many of each. Cameras write up to four.
const MOST_PAGES: usize = 16;
const MOST_SUB_DIRECTORIES: usize = 16;

/// Refuses a file that a camera wrote from its sensor.
pub(super) fn refuse(file: &File<'_>) -> Result<(), Error> {
    let tiff = &file.tiff;
    let header = tiff.bytes().get(8..11);
    if header == Some(b"CR\x02") {
        return Err(refusal("CR2 camera raw"));
    }
    for (number, page) in file.pages.iter().enumerate() {
        if tiff.entry(page, DNG_VERSION).is_some() {
            return Err(refusal("DNG camera raw"));
        }
        let below = tiff.entry(page, SUB_DIRECTORIES).filter(|_| number < MOST_PAGES);
        let below = below.iter().flat_map(|below| sub_directories(file, below));
        if below
            .chain([*page])
            .any(|directory| is_of_a_sensor(file, &directory))
        {
            return Err(refusal(kind(file)));
        }
    }
    Ok(())
}

fn sub_directories(file: &File<'_>, entry: &Entry) -> Vec<Directory> {
    // The type may be one of offsets: 13, or 18 in a BigTIFF.
    let kind = match entry.kind {
        13 => jpeg_luma::ifd::LONG,
        18 => jpeg_luma::ifd::LONG8,
        kind => kind,
    };
    let mut entry = *entry;
    entry.kind = kind;
    (0..entry.count.min(MOST_SUB_DIRECTORIES))
        .filter_map(|index| usize::try_from(file.value_at(&entry, index)?).ok())
        .filter_map(|at| file.tiff.directory(at))
        .collect()
}

fn is_of_a_sensor(file: &File<'_>, directory: &Directory) -> bool {
    let is_one_of = |tag, values: &[u64]| {
        file.number(directory, tag)
            .is_some_and(|value| values.contains(&value))
    };
    is_one_of(PHOTOMETRIC, &SENSOR_COLORS) || is_one_of(COMPRESSION, &COMPRESSIONS)
}

/// The kind of raw file, by its maker.
fn kind(file: &File<'_>) -> &'static str {
    let maker = file.pages.iter().find_map(|page| {
        let place = file.tiff.values(&file.tiff.entry(page, MAKER)?)?;
        Some(file.tiff.bytes()[place].to_ascii_uppercase())
    });
    let maker = maker.unwrap_or_default();
    [
        (&b"NIKON"[..], "NEF camera raw"),
        (b"SONY", "ARW camera raw"),
        (b"PENTAX", "PEF camera raw"),
        (b"RICOH", "PEF camera raw"),
        (b"OLYMPUS", "ORF camera raw"),
        (b"SAMSUNG", "SRW camera raw"),
        (b"HASSELBLAD", "3FR camera raw"),
        (b"EPSON", "ERF camera raw"),
        (b"KODAK", "DCR camera raw"),
        (b"EASTMAN KODAK", "DCR camera raw"),
        (b"PHASE ONE", "IIQ camera raw"),
        (b"MAMIYA", "MEF camera raw"),
        (b"LEAF", "MOS camera raw"),
    ]
    .into_iter()
    .find(|(name, _)| maker.starts_with(name))
    .map_or("camera raw", |(_, kind)| kind)
}

/// The file is no TIFF in anything but its structure: saving it again without something is no cure.
fn refusal(found: &'static str) -> Error {
    Error::UnsupportedFormat { found }
}
