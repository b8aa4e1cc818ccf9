//! Log lines in JSON: one flat object each.
//!
//! What the spans around an event name (`conn.id`, `session.id`, `request.id`, `trace.id` and so on) stands beside what
//! the event says itself. Where two spans name the same thing the inner one is right, and the event before both.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use serde::ser::{SerializeMap as _, Serializer as _};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::super::telemetry;

/// Writes each event as a line.
#[derive(Debug)]
pub(crate) struct JsonLines<W> {
    writer: W,
}

impl<W> JsonLines<W> {
    pub(crate) const fn new(writer: W) -> Self {
        Self { writer }
    }
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Text(String),
}

/// What a span or an event names, each name once.
#[derive(Debug, Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        let name = field.name();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Value::Unsigned(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.set(field, Value::Unsigned(value)),
            Err(_) => self.set(field, Value::Text(value.to_string())),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Value::Float(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Value::Text(value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Writing to a string does not fail; a `Debug` that does has said what it could.
        let _ = write!(text, "{value:?}");
        self.set(field, Value::Text(text));
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields(Vec::with_capacity(attributes.fields().len()));
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let mut around = Vec::new();
        let mut span_name = None;
        for span in context.event_scope(event).into_iter().flatten() {
            span_name = span_name.or(Some(span.name()));
            if let Some(fields) = span.extensions().get::<Fields>() {
                // From the inside to the outside: what is named already stays.
                for (name, value) in &fields.0 {
                    let named = own.0.iter().chain(&around).any(|(known, _)| known == name);
                    if !named {
                        around.push((*name, value.clone()));
                    }
                }
            }
        }
        let mut line = Vec::with_capacity(256);
        if write(&mut line, event, span_name, &own, &around).is_ok() {
            line.push(b'\n');
            // There is nowhere to say that the log cannot be written.
            let _ = self.writer.make_writer_for(event.metadata()).write_all(&line);
        }
    }
}

fn write(
    line: &mut Vec<u8>,
    event: &Event<'_>,
    span: Option<&'static str>,
    own: &Fields,
    around: &[(&'static str, Value)],
) -> Result<(), serde_json::Error> {
    let mut timestamp = String::new();
    // It can always be told.
    let _ = SystemTime.format_time(&mut Writer::new(&mut timestamp));
    let mut serializer = serde_json::Serializer::new(line);
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("timestamp", &timestamp)?;
    map.serialize_entry("level", event.metadata().level().as_str())?;
    let message = own.0.iter().find(|(name, _)| *name == "message");
    if let Some((name, value)) = message {
        entry(&mut map, name, value)?;
    }
    map.serialize_entry("target", event.metadata().target())?;
    if let Some(span) = span {
        map.serialize_entry("span", span)?;
    }
    let named = |name: &str| own.0.iter().chain(around).any(|(known, _)| *known == name);
    for (name, value) in telemetry::identity().filter(|(name, _)| !named(name)) {
        map.serialize_entry(name, value)?;
    }
    for (name, value) in own.0.iter().chain(around).filter(|(name, _)| *name != "message") {
        entry(&mut map, name, value)?;
    }
    map.end()
}

fn entry<M: serde::ser::SerializeMap>(map: &mut M, name: &str, value: &Value) -> Result<(), M::Error> {
    match value {
        Value::Signed(value) => map.serialize_entry(name, value),
        Value::Unsigned(value) => map.serialize_entry(name, value),
        Value::Float(value) => map.serialize_entry(name, value),
        Value::Bool(value) => map.serialize_entry(name, value),
        Value::Text(value) => map.serialize_entry(name, value),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value as Json, json};
    use tracing::field::Empty;
    use tracing::{Instrument as _, info, info_span, warn};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Log {
        fn lines(&self) -> Vec<Json> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
    }

    fn logged(work: impl FnOnce()) -> Vec<Json> {
        let log = Log::default();
        let writer = log.clone();
        let lines = JsonLines::new(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
        log.lines()
    }

    #[test]
    fn a_line_has_what_the_spans_around_it_name() {
        let lines = logged(|| {
            let connection = info_span!("connection", conn.id = 7, user.id = Empty, request.id = 0);
            connection.record("user.id", "u-1");
            let _connection = connection.enter();
            let _command = info_span!("command", command = "send", request.id = 3_u32).entered();
            warn!(error = "timeout", elapsed_ms = 12_u128, "answered \"late\"");
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        for (name, value) in [
            ("level", json!("WARN")),
            ("message", json!("answered \"late\"")),
            ("span", json!("command")),
            ("conn.id", json!(7)),
            ("user.id", json!("u-1")),
            ("request.id", json!(3)),
            ("command", json!("send")),
            ("error", json!("timeout")),
            ("elapsed_ms", json!(12)),
        ] {
            assert_eq!(line[name], value, "{name}: {line}");
        }
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }

    #[test]
    fn the_event_is_right_before_the_spans_and_outside_of_them_nothing_is_left() {
        let lines = logged(|| {
            info_span!("outer", node.id = "outer").in_scope(|| info!(node.id = "own", "inside"));
            info!("outside");
        });
        assert_eq!(lines[0]["node.id"], "own");
        assert_eq!(lines[1].get("span"), None);
        assert_eq!(lines[1].get("error"), None);
    }

    #[tokio::test]
    async fn a_span_follows_its_task() {
        let log = Log::default();
        let writer = log.clone();
        let lines = JsonLines::new(move || writer.clone());
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines));
        let work = async {
            tokio::task::yield_now().await;
            info!("inside");
        };
        tokio::join!(work.instrument(info_span!("command", request.id = 1)), async { info!("outside") });
        let lines = log.lines();
        assert_eq!(lines[0].get("request.id"), None);
        assert_eq!(lines[1]["request.id"], 1);
    }
}
