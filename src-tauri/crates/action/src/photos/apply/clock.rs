//! The time that pauses, and the pace of requests, go by.

use std::time::Duration;

use tokio::time::Instant;

/// Time since the work began.
#[derive(Debug)]
pub(crate) struct Clock {
    began: Instant,
    /// Time that tests passed over instead of waiting for it.
    #[cfg(test)]
    passed_over: Option<std::sync::Mutex<Duration>>,
}

impl Clock {
    /// Begins now.
    #[cfg_attr(test, expect(dead_code, reason = "tests don't wait"))]
    pub(crate) fn start() -> Self {
        Self {
            began: Instant::now(),
            #[cfg(test)]
            passed_over: None,
        }
    }

    /// Begins now, passes over every pause, and goes on a little whenever it is looked at.
    #[cfg(test)]
    pub(crate) fn jumping() -> Self {
        Self { began: Instant::now(), passed_over: Some(std::sync::Mutex::default()) }
    }

    pub(crate) fn now(&self) -> Duration {
        #[cfg(test)]
        if let Some(passed_over) = &self.passed_over {
            let mut now = passed_over.lock().unwrap();
            *now += Duration::from_millis(5);
            return *now;
        }
        self.began.elapsed()
    }

    /// Waits until `moment`.
    pub(crate) async fn until(&self, moment: Duration) {
        #[cfg(test)]
        if let Some(passed_over) = &self.passed_over {
            tokio::task::yield_now().await;
            let mut now = passed_over.lock().unwrap();
            *now = moment.max(*now);
            return;
        }
        tokio::time::sleep_until(self.began + moment).await;
    }
}
