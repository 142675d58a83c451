//! Trouble on purpose: slowness, throttling, errors, broken connections, outages, and keys that never work.
//!
//! What strikes a share of the requests follows from [`Faults::seed`], the operation, the key and how often that was
//! asked for before: never from the time, and never from what else is under way. Only [`Rate`] looks at a clock of its
//! own, because a rate is about time.

mod answers;
mod counts;
mod gate;
mod line;
mod rate;
mod trouble;

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::scenario::Offset;

pub use counts::Counts;
pub(crate) use gate::{Gate, Keys};
pub(crate) use line::Line;
pub(crate) use trouble::{Fate, Trouble};

/// What goes wrong, and how often. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// What `strikes` draw their lots from: the same seed strikes the same requests.
    pub seed: u64,
    /// Milliseconds that each request waits before it is looked at.
    pub latency_ms: u64,
    /// How many requests a second S3 takes under one prefix; `None` is any number.
    pub rate: Option<Rate>,
    /// Copies that fail; the same request succeeds when it is sent again.
    pub copies: Option<CopyFault>,
    /// Shares of S3's requests that something happens to. The first that strikes counts, but for [`Trick::Race`],
    /// after which the others are tried.
    pub strikes: Vec<Strike>,
    /// While nothing answers: every connection is reset, on every service.
    pub outage: Option<Window>,
    /// While the credentials have expired, for S3 and STS.
    pub expired: Option<Window>,
    /// Keys whose every request is refused with 403 `AccessDenied`, for ever. Listings still show them,
    /// and a batch delete or a copy of them to another key is let through.
    pub denied_keys: BTreeSet<String>,
}

/// Which copies fail, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyFault {
    /// Each `every`th `CopyObject` fails: 1 is all of them, 0 none.
    pub every: u64,
    /// The error.
    pub error: CopyError,
}

/// The errors a copy can be made to fail with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum CopyError {
    /// 503, which S3 answers when requests come too fast.
    SlowDown,
    /// 500.
    InternalError,
}

/// How many requests a second S3 takes under one prefix before it answers 503 `SlowDown` (facts §1.3). The default is
/// S3's own limit.
///
/// A prefix here is all of a key up to its last slash. S3 chooses its partitions itself, and splits a busy one after a
/// while: this one never does. A batch delete counts as one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rate {
    /// PUT, COPY, POST and DELETE.
    pub writes: u32,
    /// GET and HEAD.
    pub reads: u32,
    /// How many may come at once after a pause; a twentieth of a second's when `None`.
    pub burst: Option<u32>,
}

impl Default for Rate {
    fn default() -> Self {
        Self { writes: 3500, reads: 5500, burst: None }
    }
}

/// Something that happens to a share of the requests.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strike {
    /// The operation, such as `CopyObject`; `*` is every one.
    #[serde(default = "every_operation")]
    pub operation: String,
    /// The share of its requests, from 0 to 1.
    pub share: f64,
    /// What happens to them.
    pub with: Trick,
}

fn every_operation() -> String {
    "*".to_owned()
}

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Trick {
    /// It is refused with 503 `SlowDown`.
    SlowDown,
    /// It is refused with 500 `InternalError`.
    InternalError,
    /// The connection is reset before anything is done.
    Reset,
    /// It is carried out, and the connection is reset before the answer.
    AnswerLost,
    /// Half of the answer comes, and the rest so many milliseconds later.
    SlowBody(u64),
    /// Half of the answer comes, and then the connection is reset.
    TruncatedBody,
    /// When it is a write with `If-Match` or `If-None-Match`: somebody else's write to the same key lands just before
    /// it. Its content begins with [`RACER`].
    Race,
}

/// What the content begins with of the live writes that [`Trick::Race`] makes.
pub const RACER: &str = "written just before a guarded write, ";

/// A time while something is wrong, by the range's clock and from its start. The default is all the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Window {
    /// When it begins; from the start when `None`.
    pub from: Option<Offset>,
    /// When it ends; never, or when the faults are changed, when `None`.
    pub until: Option<Offset>,
}
