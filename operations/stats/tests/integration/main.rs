//! What the crate promises its users, tested through its public interface.

mod canceled;
mod columns;
mod compressed;
mod decimals;
mod defaults;
mod everything;
mod fractions;
mod mutations;
mod nist;
mod oracle;
mod passes;
mod properties;
mod python;
mod random;
mod tables;
