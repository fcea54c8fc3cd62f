//! Calls to services that the SDK has no crate for here: Lambda and `CloudWatch`, of which `errand doctor` and `errand status`
//! ask three questions, and Step Functions, which tells how far a map job is. Their crates would take longer to compile than all
//! else; what a call needs is signed by the SDK's own signer and goes through its HTTP client, proxies and certificates included
//! (decision 0096).

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_s3::primitives::{ByteStream, DateTime, DateTimeFormat, SdkBody};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use errand_aws::{FailureKind, Unsigned, domain, root_cause};
use serde_json::Value;

use super::connect::Place;
use super::failure::{chain, credentials_error};
use super::{Cloud, Seen};
use crate::error::Error;

/// How long a call may take.
const ANSWER: Duration = Duration::from_secs(10);

/// How often a call is made that fails for a reason that may pass, and the pause before the second.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);

/// Credentials that end sooner are renewed.
const MARGIN: Duration = Duration::from_mins(1);

/// What is asked.
pub(super) struct Call<'a> {
    /// What a policy calls it, as in `lambda:GetFunctionConfiguration`.
    pub(super) action: &'static str,
    /// Which of the stack's policies allows it.
    pub(super) policy: Policy,
    /// The service's part of its host name, which is not always its name.
    pub(super) host: &'static str,
    /// The name that the service is signed for.
    pub(super) service: &'static str,
    pub(super) place: &'a Place,
    /// Path and query, encoded.
    pub(super) target: String,
    /// What is posted, under its name in the JSON protocol of AWS; without it, the call is a GET.
    pub(super) post: Option<(&'static str, Value)>,
}

/// A policy of the stack for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// Whoever sends jobs.
    Client,
    /// Whoever looks after the stack.
    Operator,
}

/// How a call ended that came to the service.
enum Ended {
    Answered(Value),
    Refused { kind: FailureKind, message: String },
}

impl Cloud {
    /// Makes a call, and again where it fails for a reason that may pass.
    pub(super) async fn ask(&self, call: &Call<'_>) -> Result<Seen<Value>, Error> {
        let base = match call.place {
            Place::Aws => format!("https://{}.{}.{}", call.host, self.region, domain(&self.region)),
            Place::At(endpoint) => endpoint.as_str().trim_end_matches('/').to_owned(),
            Place::Unknown => {
                return Ok(Seen::not(format!(
                    "nobody said where {} is: set AWS_ENDPOINT_URL",
                    call.action
                )));
            }
        };
        let url = format!("{base}{}", call.target);
        let mut tries = 1;
        loop {
            let failed = match self.call_once(call, &url).await? {
                Ok(Ended::Answered(value)) => return Ok(Seen::There(value)),
                Ok(Ended::Refused { kind, message }) => match kind {
                    FailureKind::NotFound => return Ok(Seen::Missing),
                    FailureKind::Denied => {
                        return Ok(match call.policy {
                            Policy::Client => Seen::needs_client(call.action),
                            Policy::Operator => Seen::needs_operator(call.action),
                        });
                    }
                    _ => Error::Service {
                        action: format!("ask for {}", call.action),
                        message,
                        retryable: kind == FailureKind::Transient,
                    },
                },
                Err(cause) => Error::Unreachable {
                    endpoint: base.clone(),
                    cause,
                    cure: "check the network and the region",
                },
            };
            if tries == TRIES || !failed.is_retryable() {
                return Err(failed);
            }
            tokio::time::sleep(PAUSE * tries).await;
            tries += 1;
        }
    }

    /// What became of one call; the inner error is what kept it from being answered.
    async fn call_once(&self, call: &Call<'_>, url: &str) -> Result<Result<Ended, String>, Error> {
        let body = call.post.as_ref().map(|(_, body)| body.to_string());
        let mut headers = vec![("accept", "application/json")];
        if let Some((name, _)) = &call.post {
            headers.push(("content-type", "application/x-amz-json-1.0"));
            headers.push(("x-amz-target", name));
        }
        let credentials = self.credentials().await?;
        let request = self.signed(call.service, url, &headers, body.as_deref(), credentials)?;
        let response = match self.exchange(request).await? {
            Ok(response) => response,
            Err(cause) => return Ok(Err(cause)),
        };
        let status = response.status().as_u16();
        let code = response.headers().get("x-amzn-errortype").map(str::to_owned);
        let read = tokio::time::timeout(ANSWER, ByteStream::new(response.into_body()).collect());
        let bytes = match read.await {
            Ok(Ok(bytes)) => bytes.into_bytes(),
            Ok(Err(error)) => return Ok(Err(chain(&error))),
            Err(_) => return Ok(Err("the answer stands still".to_owned())),
        };
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if (200..300).contains(&status) {
            return Ok(match value {
                Value::Object(_) => Ok(Ended::Answered(value)),
                _ => Err("the answer is no JSON object".to_owned()),
            });
        }
        let text = |names: [&str; 2]| names.iter().find_map(|name| value[name].as_str());
        let code = code
            .or(text(["__type", "code"]).map(str::to_owned))
            .unwrap_or_default();
        // `com.amazonaws...#Code`, `Code:http://...`.
        let code = code.rsplit('#').next().unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default();
        // What answers is something else: a proxy, or a cloud that does not have the service.
        let kind = match FailureKind::of_answer(code, Some(status)) {
            // Step Functions says so with the status 400.
            _ if code.ends_with("DoesNotExist") || code == "ResourceNotFound" => FailureKind::NotFound,
            FailureKind::NotFound | FailureKind::Denied if code.is_empty() => FailureKind::Refused,
            kind => kind,
        };
        let message = text(["message", "Message"]).unwrap_or("it says no more");
        Ok(Ok(Ended::Refused {
            kind,
            message: format!("{message} ({status} {code})"),
        }))
    }

    /// How far this machine's clock is ahead of that of the place where the queues are, in seconds; negative where it is
    /// behind. None where the place does not tell its time. Whoever asks needs no rights: a refusal is dated, too.
    pub async fn clock_ahead_secs(&self) -> Result<Option<i64>, Error> {
        let url = match &self.sqs_endpoint {
            Some(endpoint) => endpoint.to_string(),
            None => format!("https://sqs.{}.{}/", self.region, domain(&self.region)),
        };
        let begun = SystemTime::now();
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(url.clone()).map_err(|error| defect(&error))?;
        let answer = self
            .exchange(request)
            .await?
            .map_err(|cause| Error::Unreachable {
                endpoint: url,
                cause,
                cure: "check the network and the region",
            })?;
        let took = begun.elapsed().unwrap_or_default();
        let theirs = answer
            .headers()
            .get("date")
            .and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok());
        // Theirs is a whole second, and was told about half way.
        Ok(theirs.map(|theirs| DateTime::from(begun + took / 2).secs() - theirs.secs()))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<Result<HttpResponse, String>, Error> {
        let known = &self.others.connector;
        if known.get().is_none() {
            let made = errand_aws::http_connector();
            let made = made.map_err(|error| Error::Configuration(error.to_string()))?;
            let _ = known.set(made);
        }
        let connector = known.get().expect("it was made above");
        Ok(
            match tokio::time::timeout(ANSWER, connector.call(request)).await {
                Ok(Ok(response)) => Ok(response),
                Ok(Err(error)) => Err(root_cause(&error)),
                Err(_) => Err(format!("no answer for {} s", ANSWER.as_secs())),
            },
        )
    }

    async fn credentials(&self) -> Result<Credentials, Error> {
        let others = &self.others;
        let end = others.credentials.expiry();
        if end.is_none_or(|end| end > SystemTime::now() + MARGIN) {
            return Ok(others.credentials.clone());
        }
        let found = others.provider.provide_credentials().await;
        found.map_err(|error| credentials_error(&error, &self.profile))
    }

    fn signed(
        &self,
        service: &str,
        url: &str,
        headers: &[(&'static str, &str)],
        body: Option<&str>,
        credentials: Credentials,
    ) -> Result<HttpRequest, Error> {
        let unsigned = Unsigned {
            service,
            region: &self.region,
            url,
            headers,
            body,
        };
        unsigned.sign(credentials).map_err(|error| defect(&*error))
    }
}

/// What cannot be, as all parts of the request are made here.
fn defect(error: &(dyn std::error::Error + 'static)) -> Error {
    Error::Service {
        action: "make a request".to_owned(),
        message: chain(error),
        retryable: false,
    }
}
