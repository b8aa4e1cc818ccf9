//! Spans that belong to a recorded trace, sent to an OpenTelemetry collector by OTLP over gRPC.
//!
//! The ids of traces and spans are those that the libraries gave them and that stand in the log: here nothing is
//! decided, only sent. What cannot be sent in time is dropped: nobody waits for a collector.

use std::fmt;
use std::time::{Duration, SystemTime};

use flux_core::observe::Counters;
use opentelemetry::trace::{
    Event as SpanEvent, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, SpanData, SpanEvents, SpanExporter as Export, SpanLinks,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber, warn};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::metric;
use crate::failure::Failure;

/// Spans that may wait to be sent. More are dropped.
const QUEUE: usize = 4_096;
/// Spans of one request to the collector.
const BATCH: usize = 512;
/// What waits is sent after this at the latest.
const LINGER: Duration = Duration::from_secs(1);
/// How long the collector may take for a request.
const PATIENCE: Duration = Duration::from_secs(5);
/// Events of a span that are kept.
const EVENTS: usize = 32;

/// Where spans go.
#[derive(Debug, Clone)]
pub struct OtelSettings {
    /// The collector: `http://127.0.0.1:4317`.
    pub endpoint: String,
    /// What the process is: `flux-chat`.
    pub service: &'static str,
}

/// Sends spans until it is dropped or [finished](Self::finish).
#[derive(Debug)]
#[must_use]
pub struct Otel {
    queue: mpsc::Sender<SpanData>,
    task: JoinHandle<()>,
}

impl Otel {
    /// Starts to send, on the current runtime. Nothing is connected before there is a span.
    ///
    /// # Errors
    /// If the endpoint is none.
    pub fn start(settings: &OtelSettings) -> Result<Self, Failure> {
        let mut exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&settings.endpoint)
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| Failure::new(format!("otel.endpoint: {error}")))?;
        let attributes = [
            KeyValue::new("service.name", settings.service),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ];
        exporter.set_resource(&Resource::builder_empty().with_attributes(attributes).build());
        Ok(Self::over(exporter))
    }

    fn over(exporter: impl Export + 'static) -> Self {
        let (queue, spans) = mpsc::channel(QUEUE);
        Self { queue, task: tokio::spawn(send(exporter, spans)) }
    }

    /// The layer that takes spans in.
    pub(crate) fn layer(&self) -> OtelLayer {
        OtelLayer {
            queue: self.queue.downgrade(),
            ids: RandomIdGenerator::default(),
            scope: InstrumentationScope::builder("flux").with_version(env!("CARGO_PKG_VERSION")).build(),
            outcomes: Counters::new(metric::SPANS),
        }
    }

    /// Sends what waits, for a bounded time, and ends.
    pub async fn finish(self) {
        let Self { queue, mut task } = self;
        drop(queue);
        if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Gathers spans into requests, one after the other.
async fn send(exporter: impl Export, mut spans: mpsc::Receiver<SpanData>) {
    let outcomes = Counters::new(metric::SPANS);
    let mut failing = false;
    let mut batch = Vec::with_capacity(BATCH);
    while spans.recv_many(&mut batch, BATCH).await > 0 {
        let filled = async { while batch.len() < BATCH && spans.recv_many(&mut batch, BATCH).await > 0 {} };
        // What has come is sent, full or not.
        let _ = tokio::time::timeout(LINGER, filled).await;
        let count = batch.len();
        let sent = tokio::time::timeout(PATIENCE, exporter.export(std::mem::take(&mut batch))).await;
        let failed = match sent {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(late) => Some(late.to_string()),
        };
        outcomes.add([if failed.is_none() { "sent" } else { "failed" }], count);
        if let Some(error) = failed.as_ref().filter(|_| !failing) {
            warn!(error, "spans are not taken by the collector");
        }
        failing = failed.is_some();
    }
}

/// Takes in the spans that belong to a recorded trace.
#[derive(Debug)]
pub(crate) struct OtelLayer {
    queue: mpsc::WeakSender<SpanData>,
    ids: RandomIdGenerator,
    scope: InstrumentationScope,
    outcomes: Counters<1>,
}

/// A span on its way.
struct Open {
    trace: TraceId,
    span: SpanId,
    parent: SpanId,
    remote: bool,
    started: SystemTime,
    attributes: Vec<KeyValue>,
    events: Vec<SpanEvent>,
    dropped: u32,
    error: Option<String>,
}

/// What a span says of its place in a trace, and all else that it says.
#[derive(Default)]
struct Said {
    trace: Option<TraceId>,
    span: Option<SpanId>,
    parent: Option<SpanId>,
    sampled: bool,
    attributes: Vec<KeyValue>,
}

impl Said {
    fn text(&mut self, field: &Field, text: String) {
        match field.name() {
            "trace.id" => self.trace = TraceId::from_hex(&text).ok(),
            "span.id" => self.span = SpanId::from_hex(&text).ok(),
            "parent.id" => self.parent = SpanId::from_hex(&text).ok(),
            name => self.attributes.push(KeyValue::new(name, text)),
        }
    }

    fn value(&mut self, field: &Field, value: impl Into<Value>) {
        self.attributes.push(KeyValue::new(field.name(), value.into()));
    }
}

impl Visit for Said {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.value(field, i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "trace.sampled" {
            self.sampled = value;
        } else {
            self.value(field, value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }
}

impl<S> Layer<S> for OtelLayer
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let above = span.parent().and_then(|parent| {
            let extensions = parent.extensions();
            extensions.get::<Open>().map(|open| (open.trace, open.span))
        });
        // Most spans belong to no trace, or to none that is recorded: their fields are not even looked at.
        if above.is_none() && attributes.metadata().fields().field("trace.sampled").is_none() {
            return;
        }
        let mut said = Said::default();
        attributes.record(&mut said);
        let (trace, parent, remote) = match (said.trace, above) {
            (Some(trace), _) if said.sampled => (trace, said.parent, true),
            (Some(_), _) | (None, None) => return,
            (None, Some((trace, parent))) => (trace, Some(parent), false),
        };
        let open = Open {
            trace,
            span: said.span.unwrap_or_else(|| self.ids.new_span_id()),
            parent: parent.unwrap_or(SpanId::INVALID),
            remote,
            started: SystemTime::now(),
            attributes: said.attributes,
            events: Vec::new(),
            dropped: 0,
            error: None,
        };
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            let mut said = Said::default();
            values.record(&mut said);
            open.parent = said.parent.unwrap_or(open.parent);
            open.attributes.extend(said.attributes);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let mut extensions = span.extensions_mut();
        let Some(open) = extensions.get_mut::<Open>() else { return };
        let mut said = Said::default();
        event.record(&mut said);
        let take = |attributes: &mut Vec<KeyValue>, name: &str| {
            let place = attributes.iter().position(|attribute| attribute.key.as_str() == name)?;
            Some(attributes.remove(place).value.to_string())
        };
        let message = take(&mut said.attributes, "message").unwrap_or_default();
        let error = said.attributes.iter().find(|attribute| attribute.key.as_str() == "error");
        if let Some(error) = error {
            open.error = Some(error.value.to_string());
        } else if *event.metadata().level() == Level::ERROR {
            open.error = Some(message.clone());
        }
        if open.events.len() < EVENTS {
            open.events.push(SpanEvent::new(message, SystemTime::now(), said.attributes, 0));
        } else {
            open.dropped += 1;
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let data = self.data(open, span.metadata());
        if self.queue.upgrade().is_none_or(|queue| queue.try_send(data).is_err()) {
            self.outcomes.count(["dropped"]);
        }
    }
}

impl OtelLayer {
    fn data(&self, open: Open, metadata: &'static Metadata<'static>) -> SpanData {
        let mut events = SpanEvents::default();
        (events.events, events.dropped_count) = (open.events, open.dropped);
        SpanData {
            span_context: SpanContext::new(
                open.trace,
                open.span,
                TraceFlags::SAMPLED,
                false,
                TraceState::default(),
            ),
            parent_span_id: open.parent,
            parent_span_is_remote: open.remote && open.parent != SpanId::INVALID,
            span_kind: match metadata.name() {
                "command" | "http" | "grpc" => SpanKind::Server,
                "push" => SpanKind::Consumer,
                _ => SpanKind::Internal,
            },
            name: metadata.name().into(),
            start_time: open.started,
            end_time: SystemTime::now(),
            attributes: open.attributes,
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: open.error.map_or(Status::Unset, Status::error),
            instrumentation_scope: self.scope.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
    use tracing::{info, info_span};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Collector {
        taken: Arc<Mutex<Vec<SpanData>>>,
        down: bool,
    }

    impl Export for Collector {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            if self.down {
                return Err(OTelSdkError::InternalFailure("down".to_owned()));
            }
            self.taken.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    async fn exported(work: impl FnOnce()) -> Vec<SpanData> {
        let collector = Collector::default();
        let otel = Otel::over(collector.clone());
        let subscriber = tracing_subscriber::registry().with(otel.layer());
        tracing::subscriber::with_default(subscriber, work);
        otel.finish().await;
        collector.taken.lock().unwrap().clone()
    }

    fn recorded(sampled: bool) -> tracing::Span {
        info_span!(
            "command",
            command = "send",
            trace.id = TRACE,
            span.id = "00f067aa0ba902b7",
            trace.sampled = sampled
        )
    }

    #[tokio::test]
    async fn a_recorded_span_is_sent_as_it_stands_in_the_log() {
        let spans = exported(|| {
            recorded(true).in_scope(|| {
                info_span!("inner").in_scope(|| {});
                info!(elapsed_ms = 3_u64, error = "timeout", "answered");
            });
        })
        .await;
        let [inner, outer] = spans.as_slice() else { panic!("{spans:?}") };
        assert_eq!(outer.span_context.trace_id().to_string(), TRACE);
        assert_eq!(outer.span_context.span_id().to_string(), "00f067aa0ba902b7");
        assert_eq!(outer.attributes, [KeyValue::new("command", "send")]);
        assert_eq!(outer.status, Status::error("timeout"));
        assert_eq!(outer.events[0].name, "answered");
        assert_eq!(inner.span_context.trace_id(), outer.span_context.trace_id());
        assert_eq!(inner.parent_span_id, outer.span_context.span_id());
    }

    #[tokio::test]
    async fn what_is_not_recorded_is_not_sent() {
        let spans = exported(|| {
            recorded(false).in_scope(|| info!("answered"));
            info_span!("connection").in_scope(|| info!("welcome"));
        });
        assert_eq!(spans.await, []);
    }

    #[tokio::test]
    async fn a_collector_that_is_down_stops_nothing() {
        let otel = Otel::over(Collector { down: true, ..Collector::default() });
        let subscriber = tracing_subscriber::registry().with(otel.layer());
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..2 * QUEUE {
                recorded(true).in_scope(|| {});
            }
        });
        otel.finish().await;
    }
}
