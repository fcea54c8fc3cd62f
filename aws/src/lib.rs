//! What the client and the functions have to do alike with the AWS SDK: how they reach AWS ([`http_client`]), and what a
//! failed call means ([`FailureKind`]).

mod failure;

use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use failure::{FailureKind, code, message, root_cause, status};

/// The HTTP client of every call: HTTP/1.1 and 2 with TLS by rustls.
///
/// The cryptography is ring's alone. The SDK's default would bring a second library, which takes minutes to compile
/// and collects entropy when a function starts.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
