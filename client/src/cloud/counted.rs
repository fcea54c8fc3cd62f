//! Counts the bytes of an upload as they leave, so that a person sees that a large one moves.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};

/// The same bytes, each of which is added to `sent_bytes` when it is taken.
pub(super) fn counted(stream: ByteStream, sent_bytes: &Arc<AtomicU64>) -> ByteStream {
    let sent_bytes = Arc::clone(sent_bytes);
    // Also of a call that is made again, which asks for a body anew.
    ByteStream::new(stream.into_inner().map_preserve_contents(move |inner| {
        SdkBody::from_body_1_x(Counted {
            inner,
            sent_bytes: Arc::clone(&sent_bytes),
        })
    }))
}

struct Counted {
    inner: SdkBody,
    sent_bytes: Arc<AtomicU64>,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.sent_bytes
                .fetch_add(data.remaining() as u64, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        Body::is_end_stream(&self.inner)
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.inner)
    }
}
