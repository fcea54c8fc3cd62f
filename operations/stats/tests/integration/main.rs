//! What the crate promises its users, tested through its public interface.

mod canceled;
mod columns;
mod compressed;
mod compressors;
mod decimals;
mod defaults;
mod encodings;
mod everything;
mod fractions;
mod mutations;
mod nist;
mod oracle;
mod passes;
mod properties;
mod python;
mod random;
mod records;
mod slices;
mod tables;
