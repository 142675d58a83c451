//! Ids and names: what they may look like, and which one was probably meant.

/// Whether `text` may be the name of a parameter or an output: `restore_to`.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether `text` may be the id of a runbook or a step: `notify-customers`. Letters of any script will do.
pub(crate) fn is_id(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric)
        && text.chars().all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-' || c == '_')
}

/// The id that a heading gives: its letters and digits in lower case, with one hyphen for whatever is between
/// them. Empty when it has neither.
pub(crate) fn slug(heading: &str) -> String {
    let mut slug = String::new();
    for c in heading.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() && !c.is_uppercase() || c == '_' && !slug.is_empty() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') && c != '\'' && c != '’' {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// The one of `known` that `word` was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let close = (length / 3 + 1).min(length.saturating_sub(1));
    known
        .into_iter()
        .filter(|other| other.len() <= 80 && other.chars().count().abs_diff(length) <= close)
        .map(|other| (distance(word, other), other))
        .filter(|(distance, _)| *distance <= close)
        .min()
        .map(|(_, other)| other)
}

/// How many letters have to be put in, left out or replaced to make one word the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut before = i;
        let mut left = i + 1;
        for (above, b) in row.iter_mut().skip(1).zip(&other) {
            let best = (before + usize::from(a != *b)).min(left + 1).min(*above + 1);
            before = std::mem::replace(above, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_ids() {
        for (heading, id) in [
            ("Stop writers", "stop-writers"),
            ("Are customers affected?", "are-customers-affected"),
            ("  1. Don't  panic — now!", "1-dont-panic-now"),
            ("Überprüfen", "überprüfen"),
            ("restore_to", "restore_to"),
            ("🔥", ""),
        ] {
            assert_eq!(slug(heading), id);
            assert!(id.is_empty() || is_id(id), "{id}");
        }
    }

    #[test]
    fn typos_find_what_was_meant() {
        let known = ["estimate", "expect", "approval"];
        assert_eq!(nearest("estimat", known), Some("estimate"));
        assert_eq!(nearest("expects", known), Some("expect"));
        assert_eq!(nearest("aproval", known), Some("approval"));
        assert_eq!(nearest("bucket", known), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest("step-9", ["step-3", "step-1"]), Some("step-1"));
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
