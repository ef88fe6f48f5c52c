//! Health over HTTP: `/health` as JSON, `/metrics` for Prometheus. It only answers questions, a few at a time, and
//! nothing on the line waits for it.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::{HealthReport, Shared};
use crate::AppError;

/// Questions that are answered at once. More wait.
const AT_ONCE: usize = 8;

/// Whoever asks slower than this is not answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// A question is one short line.
const MAX_QUESTION_BYTES: usize = 8192;

/// Answers until it is dropped.
pub(super) struct Served {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Where, for port 0 means any.
    #[cfg(test)]
    pub(super) address: SocketAddr,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers questions about a line at an address.
///
/// # Errors
/// When the address cannot be had, or the thread cannot be started.
pub(super) fn serve(address: SocketAddr, shared: &Arc<Shared>) -> Result<Served, AppError> {
    let failed = |source| AppError::HealthPort { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    #[cfg(test)]
    let address = listener.local_addr().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let shared = Arc::clone(shared);
    let answer_all = move || {
        runtime.block_on(async {
            // Its end without a word is the request to stop.
            tokio::select! {
                _ = stopped => {}
                () = accept_all(listener, shared) => {}
            }
        });
    };
    let thread = std::thread::Builder::new().name("health".to_owned()).spawn(answer_all).map_err(failed)?;
    Ok(Served {
        stop: Some(stop),
        thread: Some(thread),
        #[cfg(test)]
        address,
    })
}

async fn accept_all(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut answering = JoinSet::new();
    loop {
        while answering.len() >= AT_ONCE {
            answering.join_next().await;
        }
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, for example: it passes.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        answering.spawn(async move {
            let service = service_fn(move |question: Request<Incoming>| {
                let (method, path) = (question.method().clone(), question.uri().path().to_owned());
                let answered = answer(method, path, Arc::clone(&shared));
                async move { Ok::<_, Infallible>(answered.await) }
            });
            let connection = http1::Builder::new()
                .keep_alive(false)
                .max_buf_size(MAX_QUESTION_BYTES)
                .serve_connection(TokioIo::new(stream), service);
            // A connection that breaks is the asker's concern.
            let _ = tokio::time::timeout(PATIENCE, connection).await;
        });
    }
}

async fn answer(method: Method, path: String, shared: Arc<Shared>) -> Response<Full<Bytes>> {
    let known = ["/health", "/metrics"].contains(&path.as_str());
    if !known || method != Method::GET {
        let status = if known { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND };
        return response(status, "text/plain", "ask for /health or /metrics\n".to_owned());
    }
    // The database is asked: not on the thread that takes questions.
    let Ok(report) = tokio::task::spawn_blocking(move || HealthReport::of(&shared)).await else {
        return response(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", String::new());
    };
    if path == "/metrics" {
        return response(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", report.metrics());
    }
    let status = if report.alarms.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    response(status, "application/json", serde_json::to_string(&report).unwrap_or_default())
}

fn response(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let built = Response::builder().status(status).header(CONTENT_TYPE, kind).body(Full::new(Bytes::from(text)));
    built.unwrap_or_else(|_| Response::new(Full::default()))
}

#[cfg(test)]
mod tests;
