//! The one port: every request gets an id, waits out the latency, and goes to S3, STS, RDS or KMS; what comes over TLS
//! goes to the Portal's front end.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpRequest, HttpResponse};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::control::Control;
use crate::faults::{Fate, Gate, Keys, Line, Trouble};
use crate::front_end::{FrontEnd, HANDSHAKE};
use crate::rds::{AnswerLost, Rds};
use crate::s3::Api;
use crate::store::Store;
use crate::sts::{self, Identity};

/// How long open connections may take to finish when the range stops.
const GRACE: Duration = Duration::from_secs(1);
/// How long a connection may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// What each connection shares.
pub(crate) struct Server {
    s3: S3Service,
    rds: Rds,
    control: Control,
    front_end: FrontEnd,
    trouble: Arc<Trouble>,
    requests: AtomicU64,
    /// Differs between ranges, so that their request ids do too.
    salt: u64,
}

impl Server {
    pub(crate) fn new(
        store: Store,
        rds: Rds,
        control: Control,
        front_end: FrontEnd,
        trouble: Arc<Trouble>,
    ) -> Self {
        let salt = u64::try_from(store.now().as_second()).unwrap_or_default();
        let mut builder = S3ServiceBuilder::new(Api { store });
        builder.set_auth(Keys);
        builder.set_access(Gate(Arc::clone(&trouble)));
        builder.set_route(Identity(Arc::clone(&trouble)));
        Self { s3: builder.build(), rds, control, front_end, trouble, requests: AtomicU64::new(0), salt }
    }

    /// Serves until `stop` fires or is dropped.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        stop: oneshot::Receiver<()>,
    ) -> std::io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let server = Arc::new(self);
        let graceful = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = &mut stop => break,
            };
            let Ok((stream, _)) = accepted else {
                // Out of file descriptors, most likely: some may be closed soon.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            tokio::spawn(Arc::clone(&server).connection(stream, graceful.watcher()));
        }
        let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
        Ok(())
    }

    /// Answers what comes over one connection: the front end over TLS, everything else without.
    async fn connection(self: Arc<Self>, stream: TcpStream, watcher: Watcher) {
        let broken = Arc::new(AtomicBool::new(self.trouble.is_outage()));
        let stream = Line::new(stream, Arc::clone(&broken));
        if broken.load(Ordering::Relaxed) {
            self.trouble.count(None);
            return;
        }
        let mut first = [0];
        // Who says nothing is not waited for any longer than for the rest of a request.
        match tokio::time::timeout(PATIENCE, stream.peek(&mut first)).await {
            Ok(Ok(1..)) => {}
            _ => return,
        }
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new());
        let ended = if first[0] == HANDSHAKE {
            let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, self.front_end.tls.accept(stream)).await
            else {
                tracing::debug!("a TLS handshake with the practice range broke off");
                return;
            };
            let service = service_fn(|request| std::future::ready(self.front_end.answer(&request)));
            watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await
        } else {
            let service = service_fn(|request| Arc::clone(&self).answer(request, Arc::clone(&broken)));
            watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection to the practice range broke off");
        }
    }

    async fn answer(
        self: Arc<Self>,
        mut request: hyper::Request<Incoming>,
        broken: Arc<AtomicBool>,
    ) -> Result<HttpResponse, AnswerLost> {
        let id = self.request_id();
        let latency = self.trouble.latency();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let fate = Fate::default();
        request.extensions_mut().insert(fate.clone());
        let answered = if self.trouble.is_outage() {
            None
        } else {
            let answer = self.route(request.map(Body::from), &id).await?;
            self.trouble.fulfil(&fate, answer).await
        };
        self.trouble.count(answered.as_ref().map(|answer| answer.status().as_u16()));
        if answered.is_none() || Trouble::breaks_off(&fate) {
            broken.store(true, Ordering::Relaxed);
        }
        let mut response = answered.ok_or(AnswerLost)?;
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-amzn-requestid", value.clone());
            response.headers_mut().insert("x-amz-request-id", value);
        }
        Ok(response)
    }

    async fn route(&self, request: HttpRequest, id: &str) -> Result<HttpResponse, AnswerLost> {
        if Control::serves(request.uri().path()) {
            return self.control.answer(request, id).await;
        }
        let scope = sts::scope(request.headers());
        let scope = scope.map(|(region, service)| (region.to_owned(), service.to_owned()));
        if let Some((region, service)) = scope.as_ref().filter(|(_, service)| Rds::serves(service)) {
            return self.rds.answer(request, (region, service), id).await;
        }
        let service = scope.map(|(_, service)| service);
        if let Some(other) = service.as_deref().filter(|name| !matches!(*name, "s3" | "sts")) {
            let message =
                format!("the practice range answers S3, RDS, STS and KMS, not {}", other.escape_default());
            return Ok(sts::query_error("NotImplemented", &message, id));
        }
        let response = match self.s3.call(request).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(?error, "the practice range failed to answer");
                return Ok(sts::query_error("InternalFailure", "the practice range failed to answer", id));
            }
        };
        if service.as_deref() == Some("sts") && !response.status().is_success() {
            return Ok(sts::translate(&response, id));
        }
        Ok(response)
    }

    /// Sixteen characters, as S3's: unique within this range and unlikely in another.
    fn request_id(&self) -> String {
        let n = self.requests.fetch_add(1, Ordering::Relaxed);
        // Both steps permute the 64-bit numbers, so ids look unrelated but never repeat.
        let mixed = (n ^ (self.salt << 24)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        format!("{:016X}", mixed ^ (mixed >> 31))
    }
}
