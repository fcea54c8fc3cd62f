//! Step Functions behind its [port](crate::ports::Executions): the one call that a function makes there, signed by hand.

use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_types::byte_stream::ByteStream;
use aws_types::SdkConfig;
use errand_aws::{FailureKind, Unsigned, domain, http_connector, root_cause};
use serde_json::{Value, json};

use crate::ports::{Executions, PortError, PortErrorKind};

/// As a policy calls it.
const ACTION: &str = "states:StartExecution";
/// How long a call may take.
const ANSWER: Duration = Duration::from_secs(10);
/// How often a call is made that fails for a reason that may pass, and the pause before the second.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(300);

/// Executions of a state machine on Step Functions.
pub(crate) struct StepFunctions {
    settings: SdkConfig,
    /// Made for the first call: reading the certificates that TLS trusts takes longer than all else of a start.
    connector: OnceLock<SharedHttpConnector>,
    state_machine_arn: String,
}

impl StepFunctions {
    /// Nothing is sent.
    pub(crate) fn new(settings: &SdkConfig, state_machine_arn: String) -> Self {
        Self {
            settings: settings.clone(),
            connector: OnceLock::new(),
            state_machine_arn,
        }
    }

    fn connector(&self) -> Result<&SharedHttpConnector, PortError> {
        if self.connector.get().is_none() {
            let made = http_connector().map_err(|error| refused(&error.to_string()))?;
            let _ = self.connector.set(made);
        }
        Ok(self.connector.get().expect("it was made above"))
    }

    async fn start_once(&self, name: &str, input: &str) -> Result<(), PortError> {
        let region = self.settings.region().map_or("", |region| region.as_ref());
        let url = match self.settings.endpoint_url() {
            Some(endpoint) => format!("{}/", endpoint.trim_end_matches('/')),
            None => format!("https://states.{region}.{}/", domain(region)),
        };
        let body = json!({ "stateMachineArn": self.state_machine_arn, "name": name, "input": input });
        let credentials = match self.settings.credentials_provider() {
            Some(provider) => provider.provide_credentials().await,
            None => return Err(refused("there are no credentials")),
        };
        let credentials = credentials.map_err(|error| refused(&error.to_string()))?;
        let request = Unsigned {
            service: "states",
            region,
            url: &url,
            headers: &[
                ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", "AWSStepFunctions.StartExecution"),
            ],
            body: Some(&body.to_string()),
        }
        .sign(credentials)
        .map_err(|error| refused(&error.to_string()))?;
        let connector = self.connector()?;
        let answered = async {
            let response = connector
                .call(request)
                .await
                .map_err(|error| root_cause(&error))?;
            let status = response.status().as_u16();
            let code = response.headers().get("x-amzn-errortype").map(str::to_owned);
            let bytes = ByteStream::new(response.into_body()).collect().await;
            let bytes = bytes.map_err(|error| error.to_string())?.into_bytes();
            let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            Ok((status, code, answer))
        };
        let answered: Result<_, String> = match tokio::time::timeout(ANSWER, answered).await {
            Ok(answered) => answered,
            Err(_) => Err(format!("no answer for {} s", ANSWER.as_secs())),
        };
        let (status, code, answer) = answered.map_err(|cause| PortError {
            kind: PortErrorKind::Unavailable,
            ..refused(&cause)
        })?;
        if (200..300).contains(&status) {
            return Ok(());
        }
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let code = code.or_else(|| text("__type")).unwrap_or_default();
        // `com.amazonaws...#Code`, `Code:http://...`.
        let code = code.rsplit('#').next().unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default();
        if code == "ExecutionAlreadyExists" {
            return Ok(());
        }
        let message = text("message").or_else(|| text("Message")).unwrap_or_default();
        let kind = match FailureKind::of_answer(code, Some(status)) {
            FailureKind::Transient => PortErrorKind::Unavailable,
            _ => PortErrorKind::Refused,
        };
        Err(PortError {
            kind,
            ..refused(&format!("{message} ({status} {code})"))
        })
    }
}

impl Executions for StepFunctions {
    fn start<'a>(
        &'a self,
        name: &'a str,
        input: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<(), PortError>> + Send + 'a>> {
        Box::pin(async move {
            let mut tries = 1;
            loop {
                match self.start_once(name, input).await {
                    Err(error) if error.kind == PortErrorKind::Unavailable && tries < TRIES => {
                        tokio::time::sleep(PAUSE * tries).await;
                        tries += 1;
                    }
                    ended => return ended,
                }
            }
        })
    }
}

fn refused(message: &str) -> PortError {
    PortError {
        kind: PortErrorKind::Refused,
        action: format!("{ACTION} of a map job"),
        message: message.to_owned(),
    }
}
