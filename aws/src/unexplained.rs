//! An answer without a word of the service: its status is all that it has, or it is of something between, such as a proxy or
//! the sign-in page of a network.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use http::StatusCode;

/// How much of a redirect's target is shown.
const SHOWN_CHARACTERS: usize = 80;

/// An answer that does not say what is wrong. As text it is its status, and what came instead of a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexplained {
    status: u16,
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    /// Nothing that tells anything.
    Nothing,
    /// A page for people.
    Page,
    /// Another place.
    Redirect(String),
}

impl Unexplained {
    /// The answer with which a call failed; none where the service said what is wrong, or did not answer.
    pub fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<Self> {
        let is_explained = error
            .as_service_error()
            .is_some_and(|error| error.code().is_some());
        let answer = error.raw_response().filter(|_| !is_explained)?;
        let header = |name| answer.headers().get(name).unwrap_or_default();
        let body = answer.body().bytes().unwrap_or_default();
        let found = Self::new(
            answer.status().as_u16(),
            header("location"),
            header("content-type"),
            body,
        );
        // A success that cannot be read is told by the reader, unless it is a page.
        (!answer.status().is_success() || found.content == Content::Page).then_some(found)
    }

    fn new(status: u16, location: &str, content_type: &str, body: &[u8]) -> Self {
        let beginning = body.trim_ascii_start();
        let beginning = beginning[..beginning.len().min(14)].to_ascii_lowercase();
        let is_page = content_type.contains("html")
            || beginning.starts_with(b"<html")
            || beginning.starts_with(b"<!doctype html");
        let content = match status {
            300..=399 if !location.is_empty() => {
                Content::Redirect(location.chars().take(SHOWN_CHARACTERS).collect())
            }
            _ if is_page => Content::Page,
            _ => Content::Nothing,
        };
        Self { status, content }
    }

    /// Whether it came from something that is no service of AWS.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.content != Content::Nothing
    }
}

impl fmt::Display for Unexplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        let reason = StatusCode::from_u16(self.status).ok();
        if let Some(reason) = reason.and_then(|status| status.canonical_reason()) {
            write!(f, " ({reason})")?;
        }
        match &self.content {
            Content::Nothing => Ok(()),
            Content::Page => f.write_str(" and an HTML page"),
            Content::Redirect(to) => write!(f, " and a redirect to {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_place_of_a_reason_is_told() {
        for (status, location, content_type, body, text) in [
            (503, "", "", "", "status 503 (Service Unavailable)"),
            (
                502,
                "",
                "text/html; charset=utf-8",
                "",
                "status 502 (Bad Gateway) and an HTML page",
            ),
            (
                200,
                "",
                "",
                "\n<!DOCTYPE html><p>",
                "status 200 (OK) and an HTML page",
            ),
            (
                403,
                "",
                "application/xml",
                "<html lang='en'>",
                "status 403 (Forbidden) and an HTML page",
            ),
            (
                302,
                "http://login.example/",
                "",
                "",
                "status 302 (Found) and a redirect to http://login.example/",
            ),
            (301, "", "", "", "status 301 (Moved Permanently)"),
            (599, "", "", "x", "status 599"),
        ] {
            let answer = Unexplained::new(status, location, content_type, body.as_bytes());
            assert_eq!(answer.to_string(), text);
            assert_eq!(answer.is_foreign(), text.contains(" and "), "{text}");
        }
    }
}
