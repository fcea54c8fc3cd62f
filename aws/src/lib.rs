//! What the client and the functions have to do alike with the AWS SDK: how they reach AWS ([`http_client()`], [`Endpoint`],
//! [`Unsigned`]), and what a failed call means ([`FailureKind`], [`Unexplained`]).

mod endpoint;
mod failure;
mod http_client;
mod read_timeout;
mod signed;
mod trust;
mod unexplained;

pub use endpoint::{Endpoint, InvalidEndpoint};
pub use failure::{FailureKind, code, message, root_cause, status};
pub use http_client::{http_client, http_connector, is_proxied};
pub use signed::{Unsigned, domain, partition};
pub use trust::InvalidCaBundle;
pub use unexplained::Unexplained;
