//! A token bucket for each prefix: what comes faster than it fills is refused.

use std::collections::HashMap;
use std::time::Instant;

use super::Rate;

/// The buckets of every prefix.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    by_prefix: HashMap<String, [Tokens; 2]>,
}

#[derive(Debug, Clone, Copy)]
struct Tokens {
    left: f64,
    seen: Instant,
}

impl Buckets {
    /// Takes a token for a request under `prefix`; whether there was one.
    pub(super) fn take(&mut self, rate: &Rate, prefix: &str, write: bool, now: Instant) -> bool {
        let size = |a_second: u32| rate.burst.map_or_else(|| f64::from(a_second) / 20.0, f64::from).max(1.0);
        if !self.by_prefix.contains_key(prefix) {
            let full = [rate.reads, rate.writes].map(|rate| Tokens { left: size(rate), seen: now });
            self.by_prefix.insert(prefix.to_owned(), full);
        }
        let Some(buckets) = self.by_prefix.get_mut(prefix) else { return true };
        let (tokens, a_second) =
            if write { (&mut buckets[1], rate.writes) } else { (&mut buckets[0], rate.reads) };
        let passed = now.saturating_duration_since(tokens.seen).as_secs_f64();
        tokens.left = (tokens.left + passed * f64::from(a_second)).min(size(a_second));
        tokens.seen = tokens.seen.max(now);
        let taken = tokens.left >= 1.0;
        if taken {
            tokens.left -= 1.0;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_comes_faster_than_the_rate_is_refused_and_each_prefix_has_its_own() {
        let rate = Rate { writes: 100, reads: 200, burst: Some(5) };
        let (mut buckets, start) = (Buckets::default(), Instant::now());
        let mut taken = |prefix: &str, write, ms| {
            let now = start + Duration::from_millis(ms);
            (0..20).filter(|_| buckets.take(&rate, prefix, write, now)).count()
        };
        assert_eq!([taken("a/", true, 0), taken("a/", false, 0), taken("b/", true, 0)], [5, 5, 5]);
        assert_eq!([taken("a/", true, 0), taken("a/", true, 30), taken("a/", false, 20)], [0, 3, 4]);
        assert_eq!(taken("a/", true, 10_000), 5, "a long pause saves no more than the burst");
        let mut second = 0;
        for ms in 10_000..11_000 {
            second += taken("b/", true, ms);
        }
        assert!((99..=105).contains(&second), "{second}");
    }
}
