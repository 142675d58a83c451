//! What stands under one heading.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::yaml::Excerpt;

/// What stands under one heading, or before the first one.
#[derive(Debug, Default)]
pub(crate) struct Section<'a> {
    /// 1 for `#`, 2 for `##`, 3 for `###`; 0 for what stands before the first of them.
    pub(crate) level: u8,
    /// The heading as plain text.
    pub(crate) title: String,
    /// Where the heading stands.
    pub(crate) span: Range<usize>,
    /// The prose.
    pub(crate) prose: Vec<Event<'a>>,
    /// The task items.
    pub(crate) checks: Vec<Vec<Event<'a>>>,
    /// The `yaml step` block.
    pub(crate) block: Option<Excerpt>,
}

impl Section<'_> {
    /// Whether it asks for something to be done.
    pub(crate) fn has_work(&self) -> bool {
        !self.checks.is_empty() || self.block.is_some()
    }

    /// Puts the heading on one line, and drops what taking the tasks out has left empty.
    pub(crate) fn tidy(&mut self) {
        self.title = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        drop_empty_lists(&mut self.prose);
        for check in &mut self.checks {
            drop_empty_lists(check);
            unwrap_paragraph(check);
        }
    }
}

/// A check that is one paragraph needs none.
fn unwrap_paragraph(events: &mut Vec<Event<'_>>) {
    let begun = |event: &&Event<'_>| matches!(event, Event::Start(Tag::Paragraph));
    let ends = matches!(events.last(), Some(Event::End(TagEnd::Paragraph)));
    if ends && events.first().is_some_and(|first| begun(&first)) && events.iter().filter(begun).count() == 1 {
        events.pop();
        events.remove(0);
    }
}

/// Drops the lists that are empty now that their tasks are taken out.
fn drop_empty_lists(events: &mut Vec<Event<'_>>) {
    let mut kept: Vec<Event<'_>> = Vec::with_capacity(events.len());
    for event in std::mem::take(events) {
        if matches!(event, Event::End(TagEnd::List(_)))
            && matches!(kept.last(), Some(Event::Start(Tag::List(_))))
        {
            kept.pop();
        } else {
            kept.push(event);
        }
    }
    *events = kept;
}
