//! Requests that are sent again after a pause.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use super::work::Task;

/// Tasks that wait, by the moment at which they may go on.
#[derive(Default)]
pub(crate) struct Waiting {
    tasks: BTreeMap<(Duration, u64), Task>,
    items: u64,
    next: u64,
}

impl Waiting {
    pub(crate) fn push(&mut self, due: Duration, task: Task) {
        self.items += task.items.len() as u64;
        self.next += 1;
        self.tasks.insert((due, self.next), task);
    }

    /// When the next may go on.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.tasks.first_key_value().map(|((due, _), _)| *due)
    }

    /// The next that may go on at `now`, of those that `may`.
    pub(crate) fn take(&mut self, now: Duration, may: impl Fn(&Task) -> bool) -> Option<Task> {
        let first = self.tasks.first_entry()?;
        if first.key().0 > now || !may(first.get()) {
            return None;
        }
        let task = first.remove();
        self.items -= task.items.len() as u64;
        Some(task)
    }

    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// How many items wait.
    pub(crate) fn items(&self) -> u64 {
        self.items
    }
}

/// How long to wait before trying for the `n`th time again: twice as long each time, from `first` to `longest`, less up
/// to a half that depends on `key`, so that what failed together doesn't come back together.
pub(crate) fn pause(key: &str, n: u8, first: Duration, longest: Duration) -> Duration {
    let full = first.saturating_mul(1 << n.saturating_sub(1).min(16)).min(longest);
    let mut hasher = DefaultHasher::new();
    (key, n).hash(&mut hasher);
    let part = (hasher.finish() >> 11) as f64 / (1u64 << 53) as f64;
    full.mul_f64(1.0 - part / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ() {
        let of = |key: &str, n| pause(key, n, Duration::from_millis(100), Duration::from_secs(10));
        for n in 1..40u8 {
            let most = Duration::from_millis(100 << n.min(8).saturating_sub(1)).min(Duration::from_secs(10));
            let these: Vec<_> = (0..50).map(|key| of(&format!("k{key}")[..], n)).collect();
            assert!(
                these.iter().all(|pause| *pause <= most && *pause >= most.mul_f64(0.49)),
                "{n}: {these:?}"
            );
            assert!(these.iter().any(|pause| *pause != these[0]));
            assert_eq!(these[0], of("k0", n), "the same key waits as long each time it is worked out");
        }
    }
}
