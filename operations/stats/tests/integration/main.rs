//! What the crate promises its users, tested through its public interface.

mod canceled;
mod compressed;
mod defaults;
mod everything;
mod mutations;
mod nist;
mod properties;
mod python;
mod random;
mod tables;
