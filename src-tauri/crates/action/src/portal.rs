//! The Portal's front end, seen as a customer's browser sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::body::write_line;
use crate::plan::{Context, Fact, Failure, Happening, Outcome, Progress, Sink, Verdict};
use crate::port::{Page, PortError};
use crate::spec::Values;
use crate::{ParamError, words};

/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(10);
/// A certificate that ends sooner than this many days is worth a word.
const SOON: i64 = 14;

/// `portal.probe`: whether the front end answers over TLS with what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The address.
    pub url: String,
    /// The status that is expected.
    pub status: u16,
    /// A text that the page must contain.
    pub contains: Option<String>,
    /// For how long to ask again until it does; once when `None`.
    pub within: Option<Duration>,
}

impl Probe {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            url: values.required("url")?.to_owned(),
            status: values.number("status")?.unwrap_or(200),
            contains: values.text("contains").map(str::to_owned),
            within: values.duration("within")?,
        })
    }

    /// What is seen, in a few words, and whether it is what should be. The page itself is never told: it may name
    /// people.
    fn judge(&self, answer: &Result<Page, PortError>) -> (String, bool) {
        let page = match answer {
            Ok(page) => page,
            Err(error) => return (format!("no answer: {}", error.message), false),
        };
        let there = |text: &String| page.body.contains(text.as_str());
        let lacking = self.contains.as_ref().filter(|text| !there(text));
        if page.status != self.status {
            return (format!("{}, not {}", page.status, self.status), false);
        }
        match lacking {
            Some(text) => (format!("{} without the text {text:?}", page.status), false),
            None => (page.status.to_string(), true),
        }
    }
}

/// Asks for the page, once or until it is as it should be.
///
/// While it asks again, each change of what is seen is recorded. Time runs out as a failed outcome when there was an
/// answer, and as the [`Failure`] of the last try when there was none.
pub(crate) async fn probe(params: &Probe, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    if !params.url.starts_with("https://") {
        return Err(Failure::Refused {
            why: format!("{} does not begin with https://", params.url),
            next: "The Portal answers over TLS only: give its https:// address.".to_owned(),
        });
    }
    let pace = &*cx.ports.pace;
    let until = params.within.map(|within| {
        let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
        pace.now().checked_add(within).unwrap_or(Timestamp::MAX)
    });
    let mut last: Option<String> = None;
    let mut tries = 0;
    loop {
        if cx.stopping() {
            return Err(Failure::Stopped { left: "nothing was changed by asking".to_owned() });
        }
        let answer = cx.ports.front_end.get(&params.url, LIMIT).await;
        let now = pace.now();
        tries += 1;
        let (seen, good) = params.judge(&answer);
        write_line(&line(&seen, good, now, &answer), evidence)?;
        let over = good || until.is_none_or(|until| now >= until) || !worth_another(&answer);
        if last.as_ref() != Some(&seen) && (last.is_some() || !over) {
            (cx.record)(Happening {
                said: format!("{}: {seen}", params.url),
                at: Some(now),
                request_id: None,
            })?;
        }
        if over {
            return Ok(outcome(params, &answer?, (seen, good), now, tries));
        }
        (cx.progress)(Progress {
            doing: format!("waiting for {}: {seen}", params.url),
            done: tries,
            failed: tries,
            ..Progress::default()
        });
        last = Some(seen);
        pace.pause(cx.stop).await;
    }
}

/// Whether what is wrong may pass: the front end is still coming up, or isn't to be found yet.
fn worth_another(answer: &Result<Page, PortError>) -> bool {
    answer.as_ref().err().is_none_or(|error| error.kind.is_transient())
}

fn line(seen: &str, good: bool, now: Timestamp, answer: &Result<Page, PortError>) -> serde_json::Value {
    let page = answer.as_ref().ok();
    json!({
        "at": now,
        "result": if good { "ok" } else { "failed" },
        "seen": seen,
        "tls": page.map(|page| &page.tls),
        "certificate_ends": page.map(|page| page.certificate_ends),
        "issuer": page.map(|page| &page.issuer),
        "latency_ms": page.map(latency),
    })
}

fn latency(page: &Page) -> u64 {
    u64::try_from(page.took.as_millis()).unwrap_or(u64::MAX)
}

fn outcome(params: &Probe, page: &Page, (seen, good): (String, bool), now: Timestamp, tries: u64) -> Outcome {
    let days = page.certificate_ends.duration_since(now).as_hours().div_euclid(24);
    let ms = latency(page);
    let left = match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let mut notes = Vec::new();
    if !good {
        notes.push(
            "Look at the front end's own log, and whether it was given the name of the restored database."
                .to_owned(),
        );
    }
    if let Some(to) = &page.location {
        notes.push(format!("It redirects to {}; that page was not asked for.", words::bounded(to)));
    }
    if days < SOON {
        notes.push(format!(
            "Its certificate ends {}, in {left}: have it renewed.",
            words::time(page.certificate_ends)
        ));
    }
    let mut facts = vec![
        Fact::new("status", page.status),
        Fact::new("connection", &page.tls),
        Fact::new("certificate", format!("good for {left}, until {}", words::time(page.certificate_ends))),
        Fact::new("issuer", &page.issuer),
        Fact::new("latency", format!("{} ms", words::count(ms))),
    ];
    if tries > 1 {
        facts.push(Fact::new("asked", format!("{} times", words::count(tries))));
    }
    let outputs = [
        ("status", page.status.to_string()),
        ("certificate_days", days.to_string()),
        ("latency_ms", ms.to_string()),
    ];
    Outcome {
        verdict: if good { Verdict::Passed } else { Verdict::Failed },
        headline: if good {
            format!("{} answers {seen} over {} in {} ms", params.url, page.tls, words::count(ms))
        } else {
            format!("{} answers {seen}", params.url)
        },
        facts,
        outputs: BTreeMap::from(outputs.map(|(name, value)| (name.to_owned(), value))),
        notes,
        examples: Vec::new(),
        moments: None,
    }
}

#[cfg(test)]
mod tests;
