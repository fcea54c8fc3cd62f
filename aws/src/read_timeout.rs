//! A read time-out that lets an upload take its time.
//!
//! The SDK's own counts from the beginning of a request to the beginning of its answer, so that every upload that takes
//! longer fails. Its stalled-stream protection does better, but takes a body that lies in memory for sent at once, since
//! that is one frame, and does not watch over the wait for the answer. Here the time counts from the last part of the
//! request that the connection took; a body is handed to it in small parts, each of which counts. The wait for the rest of
//! an answer is left to the stalled-stream protection for downloads.

use std::mem;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The largest part of a body that the connection is given at once. On the slowest of networks, 10 kB/s, it is on its way
/// in less than two seconds.
const PART_BYTES: usize = 16 * 1024;

/// Takes the read time-out out of the settings of another client's connectors, and applies it in its own way.
#[derive(Debug)]
pub(crate) struct ReadTimeout(pub(crate) SharedHttpClient);

impl HttpClient for ReadTimeout {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let mut rest = HttpConnectorSettings::builder();
        rest.set_connect_timeout(settings.connect_timeout());
        // Connectors that differ in nothing else share their connections.
        let connector = self.0.http_connector(&rest.build(), components);
        match (settings.read_timeout(), components.sleep_impl()) {
            (Some(timeout), Some(sleep)) => SharedHttpConnector::new(Watching {
                connector,
                timeout,
                sleep,
            }),
            _ => connector,
        }
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        cfg: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, cfg)
    }
}

/// A connector whose requests end when nothing has moved for `timeout`.
#[derive(Debug)]
struct Watching {
    connector: SharedHttpConnector,
    timeout: Duration,
    sleep: SharedAsyncSleep,
}

/// Nothing moved.
#[derive(Debug, thiserror::Error)]
#[error("no answer for {} s", .0.as_secs_f64())]
struct NoAnswer(Duration);

impl HttpConnector for Watching {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let progress = Progress::default();
        if request.body().content_length() != Some(0) {
            let body = mem::replace(request.body_mut(), SdkBody::taken());
            *request.body_mut() = SdkBody::from_body_1_x(WatchedBody {
                body,
                rest: Bytes::new(),
                progress: progress.clone(),
            });
        }
        let answer = self.connector.call(request);
        let (timeout, sleep) = (self.timeout, self.sleep.clone());
        HttpConnectorFuture::new(async move {
            let mut answer = pin!(answer);
            loop {
                let left = timeout.saturating_sub(progress.idle());
                if left.is_zero() {
                    return Err(ConnectorError::timeout(NoAnswer(timeout).into()));
                }
                if let Ok(answer) = Timeout::new(answer.as_mut(), sleep.sleep(left)).await {
                    return answer;
                }
            }
        })
    }
}

/// When something moved last.
#[derive(Clone, Debug)]
struct Progress(Arc<Mutex<Instant>>);

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Progress {
    fn made(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn idle(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// A request's body, in small parts.
struct WatchedBody {
    body: SdkBody,
    /// What is left of the last frame.
    rest: Bytes,
    progress: Progress,
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return other,
            }
        }
        this.progress.made();
        let part = this.rest.split_to(this.rest.len().min(PART_BYTES));
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (Body::size_hint(&self.body), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
