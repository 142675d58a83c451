//! The time that pauses, and the pace of requests, go by.

use std::time::Duration;

use tokio::time::Instant;

/// Time since the work began. In tests of this crate nobody waits: pauses are passed over, and a little time goes by
/// whenever somebody looks.
#[derive(Debug)]
pub(crate) struct Clock {
    #[cfg_attr(test, expect(dead_code, reason = "no real time goes by in tests"))]
    began: Instant,
    #[cfg(test)]
    passed: std::sync::Mutex<Duration>,
}

impl Clock {
    /// Begins now.
    pub(crate) fn start() -> Self {
        Self {
            began: Instant::now(),
            #[cfg(test)]
            passed: std::sync::Mutex::default(),
        }
    }
}

#[cfg(not(test))]
impl Clock {
    /// How long ago it began.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits until `moment`.
    pub(crate) async fn until(&self, moment: Duration) {
        tokio::time::sleep_until(self.began + moment).await;
    }
}

#[cfg(test)]
impl Clock {
    pub(crate) fn now(&self) -> Duration {
        let mut now = self.passed.lock().unwrap();
        *now += Duration::from_millis(5);
        *now
    }

    pub(crate) async fn until(&self, moment: Duration) {
        tokio::task::yield_now().await;
        let mut now = self.passed.lock().unwrap();
        *now = moment.max(*now);
    }
}
