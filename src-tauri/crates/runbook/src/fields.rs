//! A YAML mapping, read key by key, with everything wrong in it reported where it stands.

use std::collections::HashSet;
use std::time::Duration;

use crate::diagnostic::Code;
use crate::report::Report;
use crate::template::Template;
use crate::value;
use crate::yaml::{Entry, Node, Value};

/// The keys of one mapping.
pub(crate) struct Fields<'n, 'r> {
    pub(crate) entries: &'n [Entry],
    pub(crate) report: &'r mut Report,
    what: String,
}

impl<'n, 'r> Fields<'n, 'r> {
    /// The keys of `node`, which messages call `what`. `None` when it isn't a mapping; nothing at all is an
    /// empty one.
    pub(crate) fn new(node: &'n Node, what: &str, report: &'r mut Report) -> Option<Self> {
        let entries = match &node.value {
            Value::Map(entries) => entries.as_slice(),
            Value::Null => &[],
            _ => {
                let message = format!("{what} takes keys with values, and this is {}", node.what());
                report.add(
                    Code::BadValue,
                    node.span.clone(),
                    message,
                    "Write `key: value`, one on each line.",
                );
                return None;
            }
        };
        let mut seen = HashSet::new();
        for entry in entries {
            if !seen.insert(&entry.key) {
                let message = format!("`{}:` stands twice in {what}", entry.key);
                report.add(Code::DuplicateKey, entry.key_span.clone(), message, "Keep one of the two.");
            }
        }
        Some(Self { entries, report, what: what.to_owned() })
    }

    /// Reports every key that isn't one of `keys`.
    pub(crate) fn known(&mut self, keys: &[&str]) {
        for entry in self.entries.iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
            let message = format!("{} has no key `{}:`", self.what, entry.key);
            let hint = match self.report.nearest(&entry.key, keys.iter().copied()) {
                Some(near) => format!("Did you mean `{near}:`?"),
                None => format!("Its keys are: {}.", keys.join(", ")),
            };
            self.report.add(Code::UnknownKey, entry.key_span.clone(), message, hint);
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key; `None` when it isn't there or has none.
    pub(crate) fn value(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value).filter(|node| !matches!(node.value, Value::Null))
    }

    /// The text of a key, without blanks around it.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        self.checked(key, "a text", |text| Some(text.trim().to_owned())).filter(|text| !text.is_empty())
    }

    /// What `read` makes of the text of a key; what it can't read is reported.
    pub(crate) fn checked<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let node = self.value(key)?;
        let value = node.text().and_then(&read);
        if value.is_none() {
            let given = node.text().map_or_else(|| node.what().to_owned(), |text| format!("{text:?}"));
            let message = format!("`{key}:` of {} takes {wanted}, and this is {given}", self.what);
            self.report.add(Code::BadValue, node.span.clone(), message, format!("Write {wanted}."));
        }
        value
    }

    /// A length of time.
    pub(crate) fn duration(&mut self, key: &str) -> Option<Duration> {
        self.checked(key, "a length of time, such as 90m, 24h or 1h30m", value::duration)
    }

    /// A list of texts, or one.
    pub(crate) fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(node) = self.value(key) else { return Vec::new() };
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut texts = Vec::new();
        for item in items {
            match item.text() {
                Some(text) => texts.push(text.to_owned()),
                None => {
                    let message =
                        format!("`{key}:` of {} takes texts, and this is {}", self.what, item.what());
                    self.report.add(
                        Code::BadValue,
                        item.span.clone(),
                        message,
                        format!("Write {key}: [one, two]."),
                    );
                }
            }
        }
        texts
    }

    /// A text with references.
    pub(crate) fn template(&mut self, key: &str) -> Option<Template> {
        let node = self.value(key)?;
        template(node, &format!("`{key}:` of {}", self.what), self.report)
    }

    /// The mapping under a key.
    pub(crate) fn map(&mut self, key: &str) -> Option<Fields<'n, '_>> {
        let node = self.value(key)?;
        let what = format!("`{key}:`");
        Fields::new(node, &what, self.report)
    }

    /// Reports a key that has no effect.
    pub(crate) fn misplaced(&mut self, key: &str, why: &str) {
        if let Some(entry) = self.entry(key) {
            let message = format!("`{key}:` has no effect here: {why}");
            self.report.add(Code::MisplacedKey, entry.key_span.clone(), message, "Remove it.");
        }
    }

    /// Reports a key that is not there, at the place of `node`.
    pub(crate) fn missing(&mut self, key: &str, node: &Node, hint: &str) {
        let message = format!("{} needs `{key}:`", self.what);
        self.report.add(Code::MissingKey, node.span.clone(), message, hint);
    }
}

/// The template of a value; what isn't one is reported.
pub(crate) fn template(node: &Node, what: &str, report: &mut Report) -> Option<Template> {
    let Some(text) = node.text() else {
        let message = format!("{what} takes a text, and this is {}", node.what());
        report.add(Code::BadValue, node.span.clone(), message, "Write one value.");
        return None;
    };
    match Template::parse(text) {
        Ok(template) => Some(template),
        Err(error) => {
            let hint = "Only ${name}, ${env.path} and ${steps.<id>.<output>} can be filled in; write $${ for a plain ${.";
            report.add(Code::BadReference, node.span.clone(), format!("in {what}, {error}"), hint);
            None
        }
    }
}
