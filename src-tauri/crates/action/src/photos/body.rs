//! A plan's body: JSON lines, a header, one item each, and the summary last. Written and read back as a stream.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Target;
use crate::body;
pub(crate) use crate::body::{write_line, write_summary};
use crate::plan::{Failure, Source};
use crate::port::{Current, Guard, Keep, Version, VersionId, Versioning};

/// The action that these plans are of.
const ACTION: &str = "photos.restore";

/// What a plan stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ground {
    /// The versioning of the bucket that is changed.
    pub(crate) versioning: Versioning,
    /// What copies have to be given besides what S3 copies of its own accord.
    #[serde(default)]
    pub(crate) keep: Keep,
}

/// One line: a key that is not as it was at the restore point, and what the plan does about it.
pub(crate) type Item = body::Item<Op>;

/// What the plan does about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Op {
    /// Copies a version on top.
    Copy {
        #[serde(flatten)]
        want: Want,
        guard: Guard,
        /// The entry that is current now, and will lie under the copy; `None` where nothing was looked at, because
        /// nothing should be there.
        over: Option<VersionId>,
    },
    /// Removes for good what lies on top of a version: delete markers, or whatever is newer than the restore point.
    Remove {
        /// Newest first.
        entries: Vec<Entry>,
        /// What is current then; `None` when nothing is.
        want: Option<Want>,
    },
    /// Puts a delete marker on top of the current version.
    Hide { version: VersionId, etag: String, size: u64 },
    /// Nothing, because nobody can say what the key was.
    Undecided { candidates: Vec<Version> },
    /// Nothing, because it can't be done now.
    Blocked {
        #[serde(flatten)]
        want: Want,
        why: String,
    },
}

/// An entry that is removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) version: VersionId,
    pub(crate) modified: Timestamp,
    /// `None` for a delete marker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
}

/// A version that should be current.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Want {
    pub(crate) version: VersionId,
    pub(crate) etag: String,
    pub(crate) size: u64,
    pub(crate) storage_class: String,
}

impl Op {
    /// Whether a key whose current version is `now` still is as the plan saw it.
    ///
    /// Goes by the entity tag, as S3's own guard does, unless that can't tell the bad version from the good one.
    pub(crate) fn not_yet(&self, now: Option<&Current>) -> bool {
        match (self, now) {
            (Self::Copy { guard: Guard::Absent, .. }, None) => true,
            (Self::Copy { guard: Guard::Is(etag), want, over }, Some(now)) => {
                *etag == now.etag && (*etag != want.etag || over.as_ref() == Some(&now.version))
            }
            (Self::Hide { etag, .. }, Some(now)) => *etag == now.etag,
            (Self::Remove { entries, .. }, Some(now)) => {
                entries.iter().any(|entry| entry.version == now.version)
            }
            // Its delete marker may still be there, or be all that there is: only its history can tell.
            (Self::Remove { want, .. }, None) => want.is_some(),
            _ => false,
        }
    }

    /// The bytes that doing it copies.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Copy { want, .. } => want.size,
            _ => 0,
        }
    }
}

/// Writes the first line.
pub(crate) fn write_header(
    target: &Target,
    versioning: Versioning,
    into: &mut dyn std::io::Write,
) -> Result<(), Failure> {
    write_line(&body::Header::new(ACTION, target.clone(), Ground { versioning, keep: Keep::default() }), into)
}

/// A plan's body being read back.
pub(crate) struct Body {
    pub(crate) header: body::Header<Target, Ground>,
    lines: body::Body<Target, Ground, Op>,
    last: Option<String>,
}

impl Body {
    /// Reads and checks the first line.
    ///
    /// # Errors
    /// [`Failure::Plan`] when it isn't the header of such a plan, in this format.
    pub(crate) fn open(source: Source) -> Result<Self, Failure> {
        let lines = body::Body::open(ACTION, source)?;
        Ok(Self { header: lines.header.clone(), lines, last: None })
    }

    /// The next item; `None` after the summary.
    ///
    /// # Errors
    /// [`Failure::Plan`] when the line is no item, keys are out of order, or the plan breaks off.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, Failure> {
        let Some(item) = self.lines.next()? else { return Ok(None) };
        if self.last.as_ref().is_some_and(|last| *last >= item.key) {
            return Err(self.lines.off(format!("its key {:?} is out of order", item.key)));
        }
        self.last = Some(item.key.clone());
        Ok(Some(item))
    }

    /// Passes over an item without looking at it.
    ///
    /// # Errors
    /// [`Failure::Plan`] when the plan breaks off.
    pub(crate) fn pass(&mut self) -> Result<(), Failure> {
        self.lines.pass()
    }

    /// The line that was read last, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.lines.line()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanSummary;

    fn open(text: &str) -> Result<Body, Failure> {
        Body::open(Box::new(std::io::Cursor::new(text.as_bytes().to_vec())))
    }

    fn written(items: &[Item]) -> String {
        let target = Target::of("b", "photos/", "2026-11-24T02:00:00Z");
        let mut text = Vec::new();
        write_header(&target, Versioning::Enabled, &mut text).unwrap();
        for item in items {
            write_line(item, &mut text).unwrap();
        }
        write_summary(&PlanSummary::default(), &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn items() -> Vec<Item> {
        let want = Want {
            version: VersionId("v1".into()),
            etag: "e".into(),
            size: 3,
            storage_class: "STANDARD".into(),
        };
        let ops = [
            Op::Copy { want: want.clone(), guard: Guard::Absent, over: Some(VersionId("m".into())) },
            Op::Copy {
                want: want.clone(),
                guard: Guard::Is("bad".into()),
                over: Some(VersionId("v2".into())),
            },
            Op::Hide { version: VersionId("v2".into()), etag: "e2".into(), size: 1 },
            Op::Undecided { candidates: Vec::new() },
            Op::Blocked { want, why: "frozen".into() },
        ];
        let item = |(n, op)| Item { key: format!("k{n}"), op, was: "a".into(), becomes: "b".into() };
        ops.into_iter().enumerate().map(item).collect()
    }

    #[test]
    fn a_plan_reads_back_as_it_was_written() {
        let mut body = open(&written(&items())).unwrap();
        let read: Vec<Item> = std::iter::from_fn(|| body.next().unwrap()).collect();
        assert_eq!(read, items());
        assert!(body.next().unwrap().is_none());
    }

    #[test]
    fn a_plan_that_is_off_is_refused_at_its_line() {
        let good = written(&items());
        let lines: Vec<&str> = good.lines().collect();
        let line = |failure| match failure {
            Failure::Plan { line, .. } => line,
            other => panic!("{other}"),
        };
        for (text, at) in [
            (String::new(), 1),
            (good.replace("photos.restore", "photos.survey"), 1),
            (good.replace("\"format\":1", "\"format\":2"), 1),
            (lines[..3].join("\n"), 4),
            (good.replace("\"op\":\"hide\"", "\"op\":\"destroy\""), 4),
            (good.replace("\"k2\"", "\"k0\""), 4),
            (format!("{good}{{}}\n"), 7),
        ] {
            let failed = match open(&text) {
                Err(failure) => line(failure),
                Ok(mut body) => loop {
                    match body.next() {
                        Ok(Some(_)) => {}
                        Ok(None) => panic!("read to its end: {text}"),
                        Err(failure) => break line(failure),
                    }
                },
            };
            assert_eq!(failed, at, "{text}");
        }
    }
}
