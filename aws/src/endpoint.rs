//! Where a service is, if not where AWS has it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;

/// The URL of a service: `http` or `https`, a host, and perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    text: String,
    uri: Uri,
}

/// The text is no URL of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the URL of a service ({fault}): {}", cure(text))]
pub struct InvalidEndpoint {
    text: String,
    fault: &'static str,
}

/// What lacks nothing but its beginning is told that alone.
fn cure(text: &str) -> String {
    let whole = format!("http://{text}");
    let has_scheme = text.contains("://");
    if !has_scheme && text.contains(':') && whole.parse::<Endpoint>().is_ok() {
        return format!("put http:// before it: {whole}");
    }
    "expected http:// or https://, a host, and perhaps a port from 1 to 65535, as in http://127.0.0.1:4566"
        .to_owned()
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |fault| InvalidEndpoint {
            text: text.chars().take(100).collect(),
            fault,
        };
        if !text.contains("://") {
            return Err(invalid("it does not begin with http:// or https://"));
        }
        let uri: Uri = text.parse().map_err(|_| invalid("it cannot be read"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(invalid("it does not begin with http:// or https://"));
        }
        let authority = uri.authority().ok_or_else(|| invalid("it names no host"))?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(invalid("it names no host"));
        }
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(invalid("there is more in it than a place"));
        }
        // `Authority` takes anything behind the colon.
        let port = authority.as_str().rsplit_once(':').map(|(_, port)| port);
        if port.is_some_and(|port| !port.ends_with(']') && port.parse::<u16>().map_or(true, |port| port == 0))
        {
            return Err(invalid("there is no such port"));
        }
        Ok(Self {
            text: text.to_owned(),
            uri,
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Endpoint {
    /// The URL as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_near(&self.uri)
    }

    /// Whether it is this very machine: an address of its loopback, or `localhost`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = host(&self.uri);
        let address = host.parse::<IpAddr>();
        address.map_or_else(
            |_| host.eq_ignore_ascii_case("localhost"),
            |address| address.is_loopback(),
        )
    }
}

/// The host, of an IPv6 address without its brackets.
fn host(uri: &Uri) -> &str {
    let host = uri.host().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Whether a host is this machine, or on a link of it: what no proxy could reach for it. The addresses of the link
/// (169.254.0.0/16) are those at which AWS's machines and containers find their credentials.
pub(crate) fn is_near(uri: &Uri) -> bool {
    let host = host(uri);
    match host.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unicast_link_local(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_a_service_is_taken_as_it_is() {
        for (text, is_local) in [
            ("http://127.0.0.1:4566", true),
            ("http://localhost", true),
            ("https://[::1]:8443/", true),
            ("http://[::1]", true),
            ("https://s3.example.com", false),
            ("https://gateway.example.com/s3", false),
            ("http://127.example.com:1", false),
        ] {
            let endpoint: Endpoint = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((endpoint.as_str(), endpoint.is_local()), (text, is_local));
            assert_eq!(endpoint.is_loopback(), is_local);
        }
    }

    #[test]
    fn the_link_is_near_but_not_this_machine() {
        let endpoint: Endpoint = "http://169.254.170.2".parse().unwrap();
        assert_eq!((endpoint.is_local(), endpoint.is_loopback()), (true, false));
    }

    #[test]
    fn a_host_and_port_alone_are_told_what_to_put_before_them() {
        let told = |text: &str| text.parse::<Endpoint>().unwrap_err().to_string();
        assert_eq!(
            told("localhost:4566"),
            "`localhost:4566` is not the URL of a service (it does not begin with http:// or https://): put http:// before \
             it: http://localhost:4566"
        );
        assert!(told("127.0.0.1:4566").ends_with(": put http:// before it: http://127.0.0.1:4566"));
        for text in ["localhost:0", "word", "ftp://localhost:4566", "localhost:4566/?a"] {
            assert!(told(text).contains(": expected http:// or https://, "), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_wrong() {
        for (text, fault) in [
            ("127.0.0.1:4566", "put http:// before it"),
            ("localhost:4566", "put http:// before it"),
            ("localhost", "does not begin with http:// or https://"),
            ("s3.example.com/path", "does not begin with http:// or https://"),
            ("ftp://example.com", "does not begin with http://"),
            ("http://", "cannot be read"),
            ("http://127.0.0.1:99999", "port"),
            ("http://127.0.0.1:0", "port"),
            ("http://127.0.0.1:", "port"),
            ("http://example.com:port", "port"),
            ("http://user:secret@example.com", "more in it"),
            ("http://example.com/?a=b", "more in it"),
            ("http://a b", "cannot be read"),
            ("", "does not begin with http:// or https://"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(fault) && error.contains(text), "{text}: {error}");
            assert!(error.len() <= 300, "{error}");
        }
    }
}
