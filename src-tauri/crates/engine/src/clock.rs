//! This machine's clock, which everything in the journal is dated by: that it jumped, and that AWS's says otherwise.
//!
//! Neither is corrected, for nobody can say which entries were dated wrongly: it is written down where it is noticed.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use action::port::CLOCKS_DISAGREE;
use jiff::{SignedDuration, Timestamp};
use run::Event;

/// A jump of less is a busy machine.
const JUMP: SignedDuration = SignedDuration::from_secs(10);

/// What the clock said last, and how far that was into the life of this process.
#[derive(Debug)]
pub(crate) struct Clock {
    last: Mutex<(Timestamp, Instant)>,
    /// How far ahead of AWS's it was found to be, in seconds.
    ahead: Mutex<i64>,
}

impl Clock {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { last: Mutex::new((now, Instant::now())), ahead: Mutex::new(0) }
    }

    /// What is to be written down when the clock says `now`: a jump since it was looked at last. A machine that slept
    /// looks the same, for what is counted in this process stands still meanwhile.
    pub(crate) fn look(&self, now: Timestamp) -> Option<Event> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let jump = jump(now.duration_since(last.0), last.1.elapsed());
        *last = (now, Instant::now());
        jump.map(|jump| Event::ClockJumped { seconds: jump.as_secs() })
    }

    /// The same when AWS says that the clock is so many seconds ahead; once for each time that it is another number.
    pub(crate) fn compare(&self, ahead: Option<i64>) -> Option<Event> {
        let ahead = ahead?;
        let mut known = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if (ahead - *known).abs() < CLOCKS_DISAGREE {
            return None;
        }
        *known = ahead;
        Some(Event::ClockCompared { ahead })
    }

    /// Makes the last look one of another time, as a jump does.
    #[cfg(test)]
    fn shift(&self, by: SignedDuration) {
        let mut last = self.last.lock().unwrap();
        last.0 = last.0.checked_sub(by).unwrap();
    }
}

/// How far a clock went on more than time did.
fn jump(shown: SignedDuration, passed: Duration) -> Option<SignedDuration> {
    let passed = SignedDuration::try_from(passed).ok()?;
    let jump = shown.checked_sub(passed)?;
    (jump.abs() >= JUMP).then_some(jump)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use action::Environment;
    use run::{Command, Mode, Request};

    use super::*;
    use crate::{ConnectFuture, Connector, Engine, Home};

    #[test]
    fn only_what_is_no_delay_is_a_jump() {
        let seconds = SignedDuration::from_secs;
        for (shown, passed, jumped) in [
            (seconds(3), 3, None),
            (seconds(12), 3, None),
            (seconds(3603), 3, Some(seconds(3600))),
            (seconds(-297), 3, Some(seconds(-300))),
        ] {
            assert_eq!(jump(shown, Duration::from_secs(passed)), jumped);
        }
        let clock = Clock::new(Timestamp::now());
        let compared =
            [None, Some(3), Some(-120), Some(-118), Some(0), Some(1)].map(|ahead| clock.compare(ahead));
        let written = [None, None, Some(-120), None, Some(0), None];
        assert_eq!(compared, written.map(|ahead| ahead.map(|ahead| Event::ClockCompared { ahead })));
    }

    struct Nowhere;

    impl Connector for Nowhere {
        fn connect<'a>(&'a self, _: &'a Environment) -> ConnectFuture<'a> {
            unimplemented!("nothing is asked of anybody here")
        }
    }

    #[test]
    fn a_jump_is_in_the_journal_before_what_comes_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(Home::at(folder.path()), Arc::new(Nowhere)).unwrap();
        let session = engine
            .start(Request {
                name: "runbook.md".into(),
                source: "# Wait\n\n### One\n".into(),
                mode: Mode::Exercise,
                environment: Environment::practice("http://127.0.0.1:9311"),
                parameters: BTreeMap::new(),
                operator: "Sam".into(),
                outage_began: None,
                declared: Timestamp::now(),
            })
            .unwrap();
        let note = Command::Note { text: "here".into(), step: None, tag: None };
        session.submit("Sam", &note).unwrap();
        session.clock.shift(SignedDuration::from_hours(1));
        session.submit("Sam", &note).unwrap();
        session.submit("Sam", &note).unwrap();
        let entries = engine.journal().read(session.run().id()).unwrap();
        let jumps: Vec<_> = entries
            .iter()
            .map(|entry| match entry.event {
                Event::ClockJumped { seconds } => Some(seconds),
                _ => None,
            })
            .collect();
        assert!(matches!(jumps[..], [None, None, Some(3595..=3605), None, None]), "{jumps:?}");
        assert_eq!(entries[2].actor, crate::session::LIFEBOAT);
    }
}
