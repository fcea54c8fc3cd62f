//! What the AWS SDK asks of the crate `crc-fast`, in its place: the checksums CRC-32, CRC-32C and CRC-64/NVME.
//!
//! The crate itself carries tables for over a hundred kinds of CRC and all processors, 0.72 MB that no compiler can leave out of a program
//! for x86-64 and no zip makes smaller: a sixth of a function's zip. Here the well-known crates compute: `crc32fast`, with the processor's
//! instructions, for CRC-32, which the SDK sends with all that it uploads, and `crc`, from tables, for the two others, which it only checks
//! where an object was uploaded with them (docs/decisions/0120).

use crc::{CRC_32_ISCSI, CRC_64_NVME, Crc, Table};

static CRC_32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
static CRC_64: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_NVME);

/// A kind of CRC, by the name that `crc-fast` has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrcAlgorithm {
    /// CRC-32 of IEEE 802.3, as in gzip.
    Crc32IsoHdlc,
    /// CRC-32C of RFC 3720.
    Crc32Iscsi,
    /// CRC-64 of the NVM Express specification.
    Crc64Nvme,
}

/// A checksum of bytes that come in pieces.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    Crc32(crc32fast::Hasher),
    Crc32c(crc::Digest<'static, u32, Table<16>>),
    Crc64(crc::Digest<'static, u64, Table<16>>),
}

impl Digest {
    /// The checksum of no bytes.
    #[must_use]
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::Crc32(crc32fast::Hasher::new()),
            CrcAlgorithm::Crc32Iscsi => State::Crc32c(CRC_32C.digest()),
            CrcAlgorithm::Crc64Nvme => State::Crc64(CRC_64.digest()),
        })
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc32(digest) => digest.update(bytes),
            State::Crc32c(digest) => digest.update(bytes),
            State::Crc64(digest) => digest.update(bytes),
        }
    }

    /// The checksum; one of 32 bits is in the lower half.
    #[must_use]
    pub fn finalize(&self) -> u64 {
        match &self.0 {
            State::Crc32(digest) => digest.clone().finalize().into(),
            State::Crc32c(digest) => digest.clone().finalize().into(),
            State::Crc64(digest) => digest.clone().finalize(),
        }
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Digest")
            .field(&format_args!("{:#x}", self.finalize()))
            .finish()
    }
}

/// The checksum of bytes that are there as a whole.
#[must_use]
pub fn checksum(algorithm: CrcAlgorithm, bytes: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the `CRC RevEng` catalogue (reveng.sourceforge.io/crc-catalogue), read 2026-11-30: those of the text 123456789.
    const CHECKS: [(CrcAlgorithm, u64); 3] = [
        (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
        (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
        (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
    ];

    #[test]
    fn each_checksum_is_the_catalogues() {
        for (algorithm, expected) in CHECKS {
            assert_eq!(checksum(algorithm, b"123456789"), expected, "{algorithm:?}");
            let mut digest = Digest::new(algorithm);
            b"123456789".chunks(2).for_each(|chunk| digest.update(chunk));
            assert_eq!(digest.finalize(), expected, "{algorithm:?}, in pieces");
        }
    }
}
