//! Calls to services that no crate of the SDK is used for: a few questions are no reason for a crate that takes longer to compile than
//! all else, and that a function carries with it (decision 0096). What a call needs is signed by the SDK's own signer.

use std::error::Error;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

/// The partitions of AWS by how their regions begin, and their domains; elsewhere it is `aws`, and amazonaws.com. From
/// botocore's `partitions.json` (2026-11).
const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
];

/// The partition that a region is in, and its domain.
fn partition_and_domain(region: &str) -> (&'static str, &'static str) {
    PARTITIONS
        .iter()
        .find(|(begin, ..)| region.starts_with(begin))
        .map_or(("aws", "amazonaws.com"), |(_, partition, domain)| {
            (partition, domain)
        })
}

/// The domain of the partition that a region is in.
#[must_use]
pub fn domain(region: &str) -> &'static str {
    partition_and_domain(region).1
}

/// The partition that a region is in, as ARNs begin with it.
#[must_use]
pub fn partition(region: &str) -> &'static str {
    partition_and_domain(region).0
}

/// A call that is not signed yet: a POST where it has a body, else a GET.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// The name that the service is signed for, such as `states`.
    pub service: &'a str,
    /// The region.
    pub region: &'a str,
    /// Where it goes, path and query encoded.
    pub url: &'a str,
    /// Headers besides those of the signature.
    pub headers: &'a [(&'static str, &'a str)],
    /// What is posted.
    pub body: Option<&'a str>,
}

impl Unsigned<'_> {
    /// The call, signed (Signature Version 4) as of now.
    ///
    /// # Errors
    ///
    /// A part of it is not valid in an HTTP request.
    pub fn sign(&self, credentials: Credentials) -> Result<HttpRequest, Box<dyn Error + Send + Sync>> {
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let method = if self.body.is_some() { "POST" } else { "GET" };
        let content = SignableBody::Bytes(self.body.unwrap_or_default().as_bytes());
        let signable = SignableRequest::new(method, self.url, self.headers.iter().copied(), content)?;
        let (signature, _) = sign(signable, &parameters)?.into_parts();
        let mut request = HttpRequest::new(self.body.map_or_else(SdkBody::empty, SdkBody::from));
        request.set_method(method)?;
        request.set_uri(self.url.to_owned())?;
        for (name, value) in self.headers.iter().copied().chain(signature.headers()) {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_a_partition_have_its_domain() {
        for (region, name, wanted) in [
            ("eu-west-1", "aws", "amazonaws.com"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("us-iso-east-1", "aws-iso", "c2s.ic.gov"),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ] {
            assert_eq!(domain(region), wanted, "{region}");
            assert_eq!(partition(region), name, "{region}");
        }
    }

    #[test]
    fn a_call_with_a_body_is_posted_with_its_signature() {
        let credentials = Credentials::new("AKID", "secret", Some("token".to_owned()), None, "test");
        let call = Unsigned {
            service: "states",
            region: "eu-west-1",
            url: "https://states.eu-west-1.amazonaws.com/",
            headers: &[("x-amz-target", "AWSStepFunctions.StartExecution")],
            body: Some("{}"),
        };
        let request = call.sign(credentials).unwrap();
        assert_eq!(request.method(), "POST");
        let header = |name| request.headers().get(name).unwrap_or_default().to_owned();
        assert!(header("authorization").contains("/eu-west-1/states/aws4_request"));
        assert_eq!(header("x-amz-security-token"), "token");
        assert_eq!(header("x-amz-target"), "AWSStepFunctions.StartExecution");
    }
}
