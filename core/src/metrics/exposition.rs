//! Samples as text: a metric's help and type, then all its samples together.

use std::fmt::Write as _;

use serde_json::Value;

use super::Metric;

#[derive(Default)]
pub(super) struct Exposition {
    text: String,
}

/// The samples of one client.
pub(super) struct Samples<'a> {
    text: &'a mut String,
    name: &'static str,
    client: &'a str,
}

impl Exposition {
    /// Nothing if no client has a sample.
    pub(super) fn metric(&mut self, metric: &Metric, clients: &[(String, &Value)]) {
        let mut samples = String::new();
        for (client, status) in clients {
            let mut of_client = Samples { text: &mut samples, name: metric.name, client };
            (metric.read)(status, &mut of_client);
        }
        if !samples.is_empty() {
            let Metric { name, kind, help, .. } = metric;
            // Writing to a string cannot fail.
            let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{samples}");
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl Samples<'_> {
    /// A sample without labels of its own; none if the value is no number.
    pub(super) fn number(&mut self, value: &Value) {
        self.labelled(&[], value);
    }

    pub(super) fn flag(&mut self, labels: &[(&str, &str)], value: bool) {
        self.labelled(labels, &u8::from(value).into());
    }

    pub(super) fn labelled(&mut self, labels: &[(&str, &str)], value: &Value) {
        let Value::Number(value) = value else { return };
        let _ = write!(self.text, "{}{{client=\"{}\"", self.name, escaped(self.client));
        for (name, label) in labels {
            let _ = write!(self.text, ",{name}=\"{}\"", escaped(label));
        }
        let _ = writeln!(self.text, "}} {value}");
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
