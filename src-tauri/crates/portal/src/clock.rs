//! The passing of time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use action::port::Pace;
use async_trait::async_trait;
use jiff::Timestamp;

/// How soon a request to stop is heard.
const LISTEN: Duration = Duration::from_millis(200);

/// The wall clock, and pauses between two looks at something far away.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    shortest: Duration,
    spread: Duration,
}

impl Clock {
    /// Pauses of 15 to 30 s, as suits AWS (facts §2.7).
    pub const AWS: Self = Self { shortest: Duration::from_secs(15), spread: Duration::from_secs(15) };
    /// Pauses of a fraction of a second, for what answers on this machine.
    pub const LOCAL: Self = Self { shortest: Duration::from_millis(150), spread: Duration::from_millis(100) };
}

#[async_trait]
impl Pace for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn pause(&self, stop: &AtomicBool) {
        // The clock's own nanoseconds are jitter enough: all that matters is that laptops don't ask in step.
        let jitter = f64::from(Timestamp::now().subsec_nanosecond().unsigned_abs() % 1000) / 1000.0;
        let until = tokio::time::Instant::now() + self.shortest + self.spread.mul_f64(jitter);
        while !stop.load(Ordering::Relaxed) && tokio::time::Instant::now() < until {
            tokio::time::sleep_until(until.min(tokio::time::Instant::now() + LISTEN)).await;
        }
    }
}
