//! Answers that come slowly, or not to their end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use futures::stream::{self, StreamExt as _};
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use s3s::stream::{ByteStream, DynByteStream};
use s3s::{Body, HttpResponse, StdError};

/// What becomes of the second half of an answer.
pub(super) enum Rest {
    Late(Duration),
    Lost,
}

/// The same answer, of which the second half comes late or not at all.
pub(super) async fn in_halves(response: HttpResponse, rest: Rest) -> Result<HttpResponse, StdError> {
    let (mut parts, mut body) = response.into_parts();
    let first = body.store_all_limited(usize::MAX).await?;
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(first.len()));
    let mut first = first;
    let second = first.split_off(first.len() / 2);
    let second = stream::once(async move {
        match rest {
            Rest::Late(pause) => {
                tokio::time::sleep(pause).await;
                Ok(second)
            }
            Rest::Lost => {
                // What was written before is on its way when the connection goes.
                tokio::task::yield_now().await;
                Err(StdError::from("the rest of the answer got lost (a fault of the practice range)"))
            }
        }
    });
    let halves = stream::once(std::future::ready(Ok(first))).chain(second);
    let halves: DynByteStream = Box::pin(Halves(Box::pin(halves)));
    Ok(HttpResponse::from_parts(parts, Body::from(halves)))
}

struct Halves(Pin<Box<dyn Stream<Item = Result<Bytes, StdError>> + Send + Sync>>);

impl Stream for Halves {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl ByteStream for Halves {}
