//! What a plan amounts to: counts, bytes, and how long thawing takes.

use super::body::{Item, Op};
use super::breakdown::{Few, Grouped, folder};
use super::findings::Finding;
use super::{Target, words};
use crate::plan::{Breakdown, Context, Failure};
use crate::port::{Photo, Tier};

/// What is done about an item, in the order to show examples of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Undecided,
    Blocked,
    Deleted,
    Overwritten,
    Undeleted,
    Rewound,
    Emptied,
    Hidden,
    New,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Undecided => "undecided, left alone",
            Self::Blocked => "can't be changed now, left alone",
            Self::Deleted => "not there, copied back",
            Self::Overwritten => "overwritten, copied on top",
            Self::Undeleted => "delete markers removed",
            Self::Rewound => "newer versions removed",
            Self::Emptied => "removed: no photo at that time",
            Self::Hidden => "new, hidden behind a delete marker",
            Self::New => "new, left as it is",
        }
    }
}

/// What a plan amounts to.
pub(super) struct Planned {
    pub(super) copies: u64,
    pub(super) hidden: u64,
    pub(super) blocked: u64,
    /// Bytes that are copied.
    pub(super) bytes: u64,
    /// Keys of which something is removed, and that are a photo then.
    pub(super) back: u64,
    /// Keys of which something is removed, and that are none then.
    pub(super) emptied: u64,
    /// Delete markers that are removed.
    pub(super) markers: u64,
    /// Versions of photos that are removed, and their bytes.
    pub(super) versions: (u64, u64),
    /// Keys that are left alone because the database names no photo there, or because one is there.
    pub(super) passed: u64,
    /// Photos that the database names, that are not there and were not at the restore point.
    pub(super) lost: u64,
    /// Photos that must be thawed, and their bytes: Flexible Retrieval, and Deep Archive.
    pub(super) glacier: (u64, u64),
    pub(super) deep: (u64, u64),
    organizations: Grouped,
    /// What organizations' folders lie in.
    within: String,
    actions: Few,
    classes: Few,
}

impl Planned {
    pub(super) fn new(target: &Target, cx: &Context<'_>) -> Self {
        let known = cx.environment.photos.as_ref().map(|photos| &*photos.prefix);
        let within = known.filter(|known| known.starts_with(&target.prefix)).unwrap_or(&target.prefix);
        Self {
            copies: 0,
            hidden: 0,
            blocked: 0,
            bytes: 0,
            back: 0,
            emptied: 0,
            markers: 0,
            versions: (0, 0),
            passed: 0,
            lost: 0,
            glacier: (0, 0),
            deep: (0, 0),
            organizations: Grouped::default(),
            within: within.to_owned(),
            actions: Few::default(),
            classes: Few::default(),
        }
    }

    /// Counts an item.
    pub(super) fn add(&mut self, kind: Kind, item: &Item, finding: &Finding) {
        let good = finding.want.as_ref().and_then(|want| want.photo.as_ref());
        let want = match &item.op {
            Op::Copy { want, .. } => {
                self.copies += 1;
                self.bytes += want.size;
                let frozen = match &*want.storage_class {
                    "GLACIER" => Some(&mut self.glacier),
                    "DEEP_ARCHIVE" => Some(&mut self.deep),
                    _ => None,
                };
                if let Some((count, bytes)) = frozen.filter(|_| good.is_some_and(Photo::frozen)) {
                    *count += 1;
                    *bytes += want.size;
                }
                Some(want)
            }
            Op::Remove { entries, want } => {
                *(if want.is_some() { &mut self.back } else { &mut self.emptied }) += 1;
                for entry in entries {
                    match entry.size {
                        None => self.markers += 1,
                        Some(size) => {
                            self.versions.0 += 1;
                            self.versions.1 += size;
                        }
                    }
                }
                want.as_ref()
            }
            Op::Hide { .. } => {
                self.hidden += 1;
                None
            }
            Op::Blocked { want, .. } => {
                self.blocked += 1;
                Some(want)
            }
            Op::Undecided { .. } => None,
        };
        let bytes = match (&item.op, want) {
            (Op::Hide { size, .. }, _) => *size,
            (_, want) => want.map_or(0, |want| want.size),
        };
        self.actions.add(kind.words(), 1, bytes);
        if let Some(want) = want.filter(|_| kind != Kind::Blocked) {
            self.classes.add(&want.storage_class, 1, want.size);
            self.organizations.add(folder(&item.key, &self.within), want.size);
        }
    }

    /// Counts a key that wasn't there then, and stays.
    pub(super) fn leave(&mut self, finding: &Finding) {
        let photo = finding.now.as_ref().and_then(|now| now.photo.as_ref());
        self.actions.add(Kind::New.words(), 1, photo.map_or(0, |photo| photo.size));
    }

    /// Requests that change something; removals go by the thousand.
    pub(super) fn requests(&self) -> u64 {
        self.copies + self.hidden + self.removed().div_ceil(1000)
    }

    /// Entries that are removed for good.
    pub(super) fn removed(&self) -> u64 {
        self.markers + self.versions.0
    }

    pub(super) fn breakdowns(&mut self) -> Vec<Breakdown> {
        let all = [
            std::mem::take(&mut self.actions).breakdown("what is done"),
            std::mem::take(&mut self.organizations).breakdown("organization"),
            std::mem::take(&mut self.classes).breakdown("storage class"),
        ];
        all.into_iter().filter(|breakdown| !breakdown.rows.is_empty()).collect()
    }

    /// How many hours thawing takes, at least and at most (facts §1.5); `None` when nothing is frozen.
    pub(super) fn thawing(&self, tier: Tier) -> Option<(u64, u64)> {
        let glacier = match tier {
            Tier::Expedited => (0, 1),
            Tier::Standard => (3, 5),
            Tier::Bulk => (5, 12),
        };
        let deep = match tier {
            Tier::Bulk => (12, 48),
            Tier::Standard | Tier::Expedited => (9, 12),
        };
        [(self.glacier.0, glacier), (self.deep.0, deep)]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(_, hours)| hours)
            .reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)))
    }

    /// Refuses a thaw that can't be, or that breaks the objective.
    pub(super) fn check(&self, target: &Target) -> Result<(), Failure> {
        let thaw = &target.thaw;
        if thaw.tier == Tier::Expedited && self.deep.0 > 0 {
            return Err(Failure::Refused {
                why: format!(
                    "{} in Deep Archive, which the Expedited tier doesn't reach",
                    words::of(self.deep.0, "photo is", "photos are")
                ),
                next: "Plan again with `tier: standard`, which takes up to 12 hours.".to_owned(),
            });
        }
        let Some((_, hours)) = self.thawing(thaw.tier) else { return Ok(()) };
        if hours * 3600 <= thaw.rto.as_secs() || thaw.beyond_rto {
            return Ok(());
        }
        let faster = match thaw.tier {
            Tier::Bulk => "Plan again with `tier: standard`, or",
            _ => "If that is to be so,",
        };
        Err(Failure::Refused {
            why: format!(
                "thawing {} takes up to {hours} hours, and the restore may take {}",
                words::photos(self.glacier.0 + self.deep.0),
                words::length(thaw.rto.as_secs())
            ),
            next: format!("{faster} plan again with `beyond_rto: allow`."),
        })
    }
}
