//! One command, as far as it is watched.

use std::time::Duration;

use flux_core::observe::{TraceContext, Tracer};
use flux_proto::v1::client_frame::Request;
use tracing::{Span, info_span};

use crate::chat::codec;

/// What is known of a command while it is carried out.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// What it is, in metrics and logs.
    pub(super) command: &'static str,
    /// What is logged meanwhile belongs to it.
    pub(super) span: Span,
    /// What comes of it belongs to this trace.
    pub(super) trace: TraceContext,
    /// When it came, by the monotonic clock.
    pub(super) at: Duration,
}

impl Call {
    /// A command came, in a frame of this many bytes.
    pub(super) fn new(
        tracer: &Tracer,
        request: &Request,
        request_id: u32,
        size_bytes: usize,
        at: Duration,
    ) -> Self {
        let (command, trace) = (codec::name(request), tracer.root());
        // While a ping is answered nothing happens that could be logged, and there are many.
        let span = if matches!(request, Request::Ping(_)) {
            Span::none()
        } else {
            info_span!(
                "command",
                command,
                request.id = request_id,
                size_bytes,
                trace.id = %trace.trace,
                span.id = %trace.span,
                trace.sampled = trace.sampled,
            )
        };
        Self { command, span, trace, at }
    }
}
