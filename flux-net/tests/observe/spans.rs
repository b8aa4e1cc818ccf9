//! A layer that keeps what spans and events say.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Names and values.
pub(crate) type Fields = BTreeMap<&'static str, String>;

/// A span or an event: its name or message, and what it and the spans around it say.
type Kept = (String, Fields);

/// What was kept. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spans(Arc<Mutex<Vec<Kept>>>);

#[derive(Default)]
struct Said(Fields);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        // What the spans around it say counts too, unless it says otherwise.
        let around =
            span.parent().map(|parent| parent.extensions().get::<Fields>().cloned().unwrap_or_default());
        let mut said = Said(around.unwrap_or_default());
        attributes.record(&mut said);
        self.0.lock().unwrap().push((span.name().to_owned(), said.0.clone()));
        span.extensions_mut().insert(said.0);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut said = Said::default();
        values.record(&mut said);
        if let Some(known) = span.extensions_mut().get_mut::<Fields>() {
            known.append(&mut said.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let span = context.event_span(event);
        let around = span.and_then(|span| span.extensions().get::<Fields>().cloned()).unwrap_or_default();
        let mut said = Said(around);
        event.record(&mut said);
        let message = said.0.remove("message").unwrap_or_default();
        self.0.lock().unwrap().push((message, said.0));
    }
}

impl Spans {
    /// Those called `name` that say all of `wanted`.
    pub(crate) fn all(&self, name: &str, wanted: &[(&str, &str)]) -> Vec<Fields> {
        let kept = self.0.lock().unwrap();
        let says = |fields: &Fields| {
            wanted.iter().all(|(name, value)| fields.get(name).is_some_and(|said| said == value))
        };
        kept.iter().filter(|(kept, said)| kept == name && says(said)).map(|(_, said)| said.clone()).collect()
    }

    /// The only one.
    pub(crate) fn one(&self, name: &str, wanted: &[(&str, &str)]) -> Fields {
        let mut found = self.all(name, wanted);
        assert_eq!(found.len(), 1, "{name} {wanted:?}: {found:?}");
        found.remove(0)
    }

    /// How many lines with this message say all of `wanted`.
    pub(crate) fn lines(&self, message: &str, wanted: &[(&str, &str)]) -> usize {
        self.all(message, wanted).len()
    }

    /// Whether `text` stands anywhere.
    pub(crate) fn contain(&self, text: &str) -> bool {
        let kept = self.0.lock().unwrap();
        kept.iter().any(|(name, said)| name.contains(text) || said.values().any(|said| said.contains(text)))
    }
}
