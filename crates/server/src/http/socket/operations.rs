//! The operations that run on a socket.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use futures_util::{Stream, stream::BoxStream};
use shirube_graphql::{GraphqlResponse, Outcome};
use tokio_stream::StreamMap;
use tracing::Span;
use uuid::Uuid;

/// The operations of a socket by the ids that the client gave them.
pub(super) type Operations = StreamMap<String, Running>;

/// What an operation has to say.
pub(super) enum Step {
    Answer(GraphqlResponse),
    /// It has nothing more to say.
    End,
}

/// An operation that runs. When it is over, however that came, it is logged and counted.
pub(super) struct Running {
    answers: BoxStream<'static, GraphqlResponse>,
    /// Everything that is logged on the way carries the id of the request.
    span: Span,
    request_id: String,
    socket_id: String,
    asker: Option<Uuid>,
    start: Instant,
    operation: Option<String>,
    code: Option<&'static str>,
    told: u64,
    /// What it had to say at once.
    early: Option<Step>,
    ended: bool,
}

impl Running {
    pub(super) fn new(
        answers: BoxStream<'static, GraphqlResponse>,
        request_id: String,
        socket_id: String,
        asker: Option<Uuid>,
    ) -> Self {
        let span = tracing::info_span!("request", %request_id);
        let (start, operation, code) = (Instant::now(), None, None);
        Self { answers, span, request_id, socket_id, asker, start, operation, code, told: 0, early: None, ended: false }
    }

    /// Begins it, so that whatever happens from now on is not missed: a client that subscribes first and reads afterwards on
    /// the same socket misses nothing.
    pub(super) async fn begin(&mut self) {
        poll_fn(|context| {
            if let Poll::Ready(step) = Pin::new(&mut *self).poll_next(context) {
                self.early = step;
            }
            Poll::Ready(())
        })
        .await;
    }

    fn note(&mut self, answer: &GraphqlResponse) {
        self.told += 1;
        if self.operation.is_none() {
            self.operation.clone_from(&answer.operation);
        }
        match answer.outcome {
            Outcome::Refused(code) => {
                self.code = Some(code.name());
                metrics::counter!("shirube_graphql_refusals_total", "code" => code.name()).increment(1);
            }
            Outcome::Executed | Outcome::NotAllowed => {
                self.code = self.code.or_else(|| answer.codes.first().map(|code| code.name()));
            }
        }
        for code in &answer.codes {
            metrics::counter!("shirube_graphql_field_errors_total", "code" => code.name()).increment(1);
        }
    }
}

impl Stream for Running {
    type Item = Step;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Step>> {
        if let Some(step) = self.early.take() {
            return Poll::Ready(Some(step));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        let span = self.span.clone();
        let next = ready!(span.in_scope(|| self.answers.as_mut().poll_next(context)));
        Poll::Ready(Some(match next {
            Some(answer) => {
                self.note(&answer);
                Step::Answer(answer)
            }
            None => {
                self.ended = true;
                Step::End
            }
        }))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Self { request_id, socket_id, operation, code, told, .. } = self;
        tracing::info!(
            request_id,
            socket_id,
            duration_us = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX),
            operation,
            code,
            answers = told,
            asker = self.asker.map(|asker| asker.to_string()),
            "answered on a socket"
        );
        metrics::counter!("shirube_socket_operations_total", "code" => code.unwrap_or("OK")).increment(1);
    }
}
