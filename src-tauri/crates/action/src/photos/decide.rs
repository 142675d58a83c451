//! What a key was at a moment, and what became of it. Pure: no requests, no clock.

use jiff::Timestamp;

use super::Ties;
use super::history::{History, whole_second};
use crate::port::{BucketFacts, Photo, Version};

/// What a key was at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Then<'a> {
    /// Nothing of it is that old.
    Absent,
    /// This entry was current: a photo, or the delete marker that hid the key.
    Was(&'a Version),
    /// A photo and a marker share the deciding second and neither is current: the listing can't say which came
    /// last. These are that second's entries; `newer` is one that came after all of them.
    Tied { group: &'a [Version], newer: Option<&'a Version> },
}

/// What `history` says its key was at the end of the second of `at`.
///
/// The newest entry dated that second or earlier. S3 keeps whole seconds, so a write later in that same second
/// counts as before `at`. Within a second the current entry is the newest, and each list alone is in order; only
/// a photo and a marker of one second are a tie (facts §1.2).
pub(crate) fn then(history: &History, at: Timestamp) -> Then<'_> {
    let at = whole_second(at);
    let start = history.entries.partition_point(|e| e.modified > at);
    let Some(first) = history.entries.get(start) else { return Then::Absent };
    let rest = &history.entries[start..];
    let group = &rest[..rest.partition_point(|e| e.modified == first.modified)];
    let mixed = group.iter().any(|e| e.photo.is_some() != first.photo.is_some());
    if mixed && !first.latest {
        let newer = start.checked_sub(1).and_then(|at| history.entries.get(at));
        return Then::Tied { group, newer };
    }
    Then::Was(first)
}

/// The entry of a tie that `ties` says came last; `None` to leave it undecided.
pub(crate) fn chosen(group: &[Version], ties: Ties) -> Option<&Version> {
    match ties {
        Ties::Leave => None,
        Ties::Photo => group.iter().find(|e| e.photo.is_some()),
        Ties::Deleted => group.iter().find(|e| e.photo.is_none()),
    }
}

/// Whether two versions hold the same bytes, as far as a listing tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alike {
    /// They do.
    Yes,
    /// They don't.
    No,
    /// Their entity tags don't tell: they must be read.
    Unknown,
}

/// Compares two photos by size and entity tag.
///
/// Equal tags of the same size mean equal bytes, unless the tag is of a multipart upload. Unequal tags mean
/// unequal bytes only when both are MD5s: not for multipart uploads, and not under KMS (facts §1.4), so not
/// unless `md5` says that tags can be believed.
pub(crate) fn alike(a: &Photo, b: &Photo, md5: bool) -> Alike {
    if a.size != b.size {
        return Alike::No;
    }
    if a.etag.contains('-') || b.etag.contains('-') {
        return Alike::Unknown;
    }
    match (a.etag == b.etag, md5) {
        (true, _) => Alike::Yes,
        (false, true) => Alike::No,
        (false, false) => Alike::Unknown,
    }
}

/// Whether the entity tags in a bucket are MD5s: only where nothing is encrypted with KMS (facts §1.4).
pub(crate) fn tags_are_md5(facts: &BucketFacts) -> bool {
    facts.encryption.as_deref() == Some("AES256")
}

/// What became of a key since the restore point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    /// It is the photo that it was.
    Untouched,
    /// It was a photo and is gone.
    Deleted,
    /// It was another photo.
    Overwritten,
    /// It is a photo and was none: added since, or deleted then and written again.
    New,
    /// It neither was nor is a photo.
    Gone,
    /// Nobody can say what it was.
    Undecided,
}

/// Why the history may not tell everything about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Doubt {
    /// It was written since while versioning was off or suspended; such a write destroys the `null` version that
    /// was there, and leaves no trace of it (facts §1.2).
    Unversioned,
    /// All that is left of it is a deletion made since: if it hid a photo, that was removed for good.
    OnlyMarker,
}

/// The reason to doubt what `history` says about `at`, if there is one.
pub(crate) fn doubt(history: &History, then: &Then<'_>, at: Timestamp) -> Option<Doubt> {
    let at = whole_second(at);
    if history.entries.iter().any(|e| e.id.0 == "null" && e.modified > at) {
        return Some(Doubt::Unversioned);
    }
    let oldest_is_marker = history.entries.last().is_some_and(|e| e.photo.is_none());
    (matches!(then, Then::Absent) && oldest_is_marker).then_some(Doubt::OnlyMarker)
}

/// What became of a key that was `want` (`None`: no photo) and is `now`; `same` when those hold the same bytes.
pub(crate) fn verdict(want: Option<&Version>, now: Option<&Version>, same: bool) -> Verdict {
    match (want, now.is_some_and(|now| now.photo.is_some())) {
        (Some(_), true) if same => Verdict::Untouched,
        (Some(_), true) => Verdict::Overwritten,
        (Some(_), false) => Verdict::Deleted,
        (None, true) => Verdict::New,
        (None, false) => Verdict::Gone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::VersionId;

    /// A history from lines like `p5` (a photo of second 5) and `m5` (a marker), as each list has them; `!` is the
    /// latest, `n` makes the id `null`.
    fn history(entries: &str) -> History {
        let version = |(n, word): (usize, &str)| {
            let second = word.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
            let photo = word.starts_with('p').then(|| Photo {
                etag: word.to_owned(),
                size: 1,
                storage_class: "STANDARD".to_owned(),
                ..Photo::default()
            });
            let id = if word.contains('n') { "null".to_owned() } else { format!("{word}#{n}") };
            let modified = Timestamp::from_second(second).unwrap();
            Version { key: "k".to_owned(), id: VersionId(id), modified, latest: word.ends_with('!'), photo }
        };
        let all: Vec<_> = entries.split(' ').enumerate().map(version).collect();
        let (photos, markers) = all.into_iter().partition(|v| v.photo.is_some());
        History::new("k".to_owned(), photos, markers)
    }

    fn then_of(entries: &str, at: &str) -> String {
        let history = history(entries);
        match then(&history, at.parse().unwrap()) {
            Then::Absent => "absent".to_owned(),
            Then::Was(entry) => entry.id.0.clone(),
            Then::Tied { group, newer } => {
                let ids: Vec<_> = group.iter().map(|e| &e.id.0[..]).collect();
                format!("tied {} after {}", ids.join(" "), newer.map_or("", |e| &e.id.0))
            }
        }
    }

    #[test]
    fn the_newest_entry_of_that_second_or_earlier_decides() {
        for (entries, second, expected) in [
            ("p5!", 4, "absent"),
            ("p5!", 5, "p5!#0"),
            ("p9! p5", 8, "p5#1"),
            ("m9! p5", 8, "p5#1"),
            ("p9! m5 p3", 8, "m5#1"),
            // The latest wins its second, whichever list it is in.
            ("m5! p5", 5, "m5!#0"),
            ("m5 p5!", 5, "p5!#1"),
            // Within one list the order is S3's.
            ("p9! p5 p5 p5", 5, "p5#1"),
            ("p9! m5 m5", 5, "m5#1"),
            // A tie that doesn't decide is none.
            ("p9! p6 p5 m5", 6, "p6#1"),
            ("p9! p7 m7 p5", 6, "p5#3"),
            ("p9! p5 m5", 8, "tied p5#1 m5#2 after p9!#0"),
            ("p9! m5 p5 m5 p5", 5, "tied p5#2 p5#4 m5#1 m5#3 after p9!#0"),
            ("p9! p8 m8 p5 m5", 5, "tied p5#3 m5#4 after m8#2"),
            ("p9! p5n m5", 5, "tied null m5#2 after p9!#0"),
        ] {
            let at = Timestamp::from_second(second).unwrap();
            assert_eq!(then_of(entries, &at.to_string()), expected, "{entries} at {second}");
        }
        // All of the second counts, whatever the fraction.
        assert_eq!(then_of("p9! p5", "1970-01-01T00:00:05.999Z"), "p5#1");
        assert_eq!(then_of("p9! p5", "1970-01-01T00:00:04.999Z"), "absent");
    }

    #[test]
    fn a_tie_is_only_broken_by_its_policy() {
        let history = history("p9! m5 p5 m5 p5");
        let Then::Tied { group, .. } = then(&history, Timestamp::from_second(5).unwrap()) else { panic!() };
        let of = |ties| chosen(group, ties).map(|e| &e.id.0[..]);
        assert_eq!(of(Ties::Leave), None);
        assert_eq!(of(Ties::Photo), Some("p5#2"));
        assert_eq!(of(Ties::Deleted), Some("m5#1"));
    }

    #[test]
    fn entity_tags_are_believed_only_where_they_are_digests() {
        let photo = |etag: &str, size| Photo {
            etag: etag.to_owned(),
            size,
            storage_class: "STANDARD".to_owned(),
            ..Photo::default()
        };
        for (a, b, md5, expected) in [
            (photo("x", 1), photo("x", 1), true, Alike::Yes),
            (photo("x", 1), photo("x", 1), false, Alike::Yes),
            (photo("x", 1), photo("x", 2), true, Alike::No),
            (photo("x", 1), photo("y", 1), true, Alike::No),
            (photo("x", 1), photo("y", 1), false, Alike::Unknown),
            (photo("x-2", 1), photo("y", 1), true, Alike::Unknown),
            (photo("x-2", 1), photo("x-2", 1), true, Alike::Unknown),
            (photo("x-2", 1), photo("x-2", 2), false, Alike::No),
        ] {
            assert_eq!(alike(&a, &b, md5), expected, "{a:?} {b:?} {md5}");
        }
    }

    #[test]
    fn what_became_of_a_key() {
        let (photo, marker) = (history("p5!"), history("m5!"));
        let (photo, marker) = (photo.current(), marker.current());
        for (want, now, same, expected) in [
            (photo, photo, true, Verdict::Untouched),
            (photo, photo, false, Verdict::Overwritten),
            (photo, marker, false, Verdict::Deleted),
            (None, photo, false, Verdict::New),
            (None, marker, false, Verdict::Gone),
        ] {
            assert_eq!(verdict(want, now, same), expected);
        }
    }

    #[test]
    fn histories_that_hide_something_are_doubted() {
        let of = |entries, second| {
            let (history, at) = (history(entries), Timestamp::from_second(second).unwrap());
            doubt(&history, &then(&history, at), at)
        };
        assert_eq!(of("p9! p5", 5), None);
        assert_eq!(of("p9! p5n", 5), None);
        assert_eq!(of("p9n! p5", 5), Some(Doubt::Unversioned));
        assert_eq!(of("m9n! p5", 5), Some(Doubt::Unversioned));
        assert_eq!(of("m9!", 5), Some(Doubt::OnlyMarker));
        assert_eq!(of("p10! m9", 5), Some(Doubt::OnlyMarker));
        assert_eq!(of("m9! p8", 5), None);
        assert_eq!(of("m9! m5", 5), None);
    }
}
