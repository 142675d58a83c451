//! Writes the XML of answers: elements in elements, texts escaped.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use jiff::Timestamp;
use quick_xml::escape::escape;

/// XML as it grows.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    /// An element around what `write` writes.
    pub(crate) fn within(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        let _ = write!(self.0, "<{name}>");
        write(self);
        let _ = write!(self.0, "</{name}>");
    }

    pub(crate) fn within_namespace(&mut self, name: &str, namespace: &str, write: impl FnOnce(&mut Self)) {
        let _ = write!(self.0, "<{name} xmlns=\"{namespace}\">");
        write(self);
        let _ = write!(self.0, "</{name}>");
    }

    /// An element with a text, a number or a truth.
    pub(crate) fn text(&mut self, name: &str, value: impl Display) {
        let value = value.to_string();
        let _ = write!(self.0, "<{name}>{}</{name}>", escape(value.as_str()));
    }

    /// The same, or nothing.
    pub(crate) fn some(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A time as RDS writes it, to the millisecond.
    pub(crate) fn time(&mut self, name: &str, at: Option<Timestamp>) {
        self.some(name, at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()));
    }

    /// A list of structures: `each` writes what is in one `item`.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        item: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.within(name, |xml| {
            for value in items {
                xml.within(item, |xml| each(xml, value));
            }
        });
    }

    /// A list of texts.
    pub(crate) fn texts<'a>(&mut self, name: &str, item: &str, texts: impl IntoIterator<Item = &'a String>) {
        self.within(name, |xml| texts.into_iter().for_each(|text| xml.text(item, text)));
    }

    /// A `TagList`.
    pub(crate) fn tags(&mut self, tags: &BTreeMap<String, String>) {
        self.list("TagList", "Tag", tags, |xml, (key, value)| {
            xml.text("Key", key);
            xml.text("Value", value);
        });
    }
}
