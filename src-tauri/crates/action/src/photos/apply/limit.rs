//! How many requests may be under way together: found out from the answers, so that nobody has to guess.
//!
//! Pure: it is told when a request begins, and how long it took and what came of it when it ends. The number rises
//! fast at first, slowly near the point where the server said `SlowDown` or where S3's promised rate lies, and falls
//! in proportion to the share of requests that were turned away (as DCTCP does), at most once for every round of
//! requests under way. At a hard limit it settles just below it.

use std::time::Duration;

/// Requests under way together at most, whatever the server bears: more is only memory.
const CEILING: usize = 512;
/// With so many it begins.
const FIRST: f64 = 8.0;
/// Below this many, the promised rate is no reason to be slow: the server is near.
const NEAR: f64 = 32.0;
/// One in so many answers may turn a request away without a cut: it only ends growth for a while.
const EXCUSED: f64 = 0.005;
/// The least that one cut takes, as a share and in requests.
const LEAST: (f64, f64) = (0.05, 1.5);
/// What one cut leaves at least.
const MOST: f64 = 0.25;
/// The share of refusals that is taken for the server's own weakness at most, once cuts have shown not to help.
const NOISE: f64 = 0.1;
/// So many cuts in a row after which refusals came on as before show that they don't help.
const STUBBORN: u8 = 4;
/// How many answers the lowest latency is remembered for.
const MEMORY: u32 = 5000;

/// What came of a request, as far as the pace goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was answered, with whatever.
    Taken,
    /// It was turned away: too many requests.
    Throttled,
    /// It failed on the far side, or was never answered.
    Lost,
}

/// The number of requests that may be under way together.
#[derive(Debug)]
pub(crate) struct Limit {
    window: f64,
    ceiling: f64,
    /// Requests a second that the server is known to bear.
    promised: f64,
    under_way: usize,
    latency: Latency,
    /// About where requests were turned away last.
    mark: Option<f64>,
    /// The answers still to come of what was sent before a cut, and what they were: no other cut until then.
    cut: Option<Cut>,
    /// How many refusals would be excused now.
    excuses: f64,
    /// The share of refusals that cuts don't help against.
    noise: f64,
    stubborn: u8,
    /// Since the cut before: answers, and how many were refusals.
    since: (u32, u32),
    /// Answers during which it doesn't grow.
    hold: usize,
}

/// What is known while the answers to what was sent before a cut come in.
#[derive(Debug)]
struct Cut {
    before: f64,
    left: usize,
    answers: f64,
    throttled: f64,
}

impl Limit {
    /// Begins carefully. `most` is what a person allows at most; `promised`, requests a second, is what the server is
    /// known to bear.
    pub(crate) fn new(most: Option<usize>, promised: f64) -> Self {
        let ceiling = most.unwrap_or(CEILING).clamp(1, CEILING) as f64;
        Self {
            window: FIRST.min(ceiling),
            ceiling,
            promised,
            under_way: 0,
            latency: Latency::default(),
            mark: None,
            cut: None,
            excuses: 1.0,
            noise: 0.0,
            stubborn: 0,
            since: (0, 0),
            hold: 0,
        }
    }

    /// How many requests may be under way together now: at least one.
    pub(crate) fn window(&self) -> usize {
        self.window as usize
    }

    /// Whether another request may begin.
    pub(crate) fn has_room(&self) -> bool {
        self.under_way < self.window()
    }

    /// A request begins.
    pub(crate) fn begin(&mut self) {
        self.under_way += 1;
    }

    /// A request that began ends.
    pub(crate) fn end(&mut self, took: Duration, answer: Answer) {
        let full = self.under_way >= self.window();
        self.under_way = self.under_way.saturating_sub(1);
        self.since.0 = self.since.0.saturating_add(1);
        self.excuses = (self.excuses + EXCUSED + self.noise).min(1.0 + 20.0 * self.noise);
        self.noise -= self.noise / f64::from(MEMORY);
        self.hold = self.hold.saturating_sub(1);
        if answer == Answer::Taken {
            self.latency.add(took.as_secs_f64(), self.window);
        } else {
            self.since.1 += 1;
        }
        if let Some(cut) = &mut self.cut {
            cut.left = cut.left.saturating_sub(1);
            cut.answers += 1.0;
            cut.throttled += f64::from(u8::from(answer == Answer::Throttled));
            if cut.left == 0 {
                self.settle();
            }
            return;
        }
        match answer {
            Answer::Taken if full && self.hold == 0 => self.grow(),
            Answer::Taken => {}
            _ if self.excuses >= 1.0 => {
                self.excuses -= 1.0;
                self.hold = self.window();
            }
            refusal => self.cut(refusal),
        }
    }

    fn grow(&mut self) {
        if self.latency.is_high() {
            return;
        }
        let mark = self.mark.unwrap_or_else(|| (self.promised * self.latency.smoothed).max(NEAR));
        let step = match self.window / mark {
            place if place < 0.5 => 1.0,
            place if place < 0.9 => 1.0 / 16.0,
            place if place < 1.1 => 1.0 / self.window.max(200.0),
            _ => 1.0 / 50.0,
        };
        self.window = (self.window + step).min(self.ceiling);
    }

    /// Takes something off at once; how much it must be is known when all that is under way has come in.
    fn cut(&mut self, refusal: Answer) {
        self.judge();
        let before = self.window;
        let throttled = refusal == Answer::Throttled;
        let taken = if throttled { (before * LEAST.0).max(LEAST.1) } else { before / 2.0 };
        self.window = (before - taken).max(1.0);
        if throttled {
            self.mark = Some(before);
        }
        let cut =
            Cut { before, left: self.under_way, answers: 1.0, throttled: f64::from(u8::from(throttled)) };
        self.cut = Some(cut);
        if self.under_way == 0 {
            self.settle();
        }
    }

    /// Whether refusals go on as before in spite of cuts: then they aren't made by the number of requests.
    fn judge(&mut self) {
        let (answers, refused) = self.since;
        let share = f64::from(refused) / f64::from(answers.max(1));
        let soon = answers < 250 && share < NOISE;
        self.stubborn = if soon { self.stubborn + 1 } else { 0 };
        if self.stubborn >= STUBBORN {
            self.stubborn = 0;
            self.noise = (self.noise + share).min(NOISE);
        }
    }

    fn settle(&mut self) {
        let Some(cut) = self.cut.take() else { return };
        let share = cut.throttled / cut.answers - self.noise;
        let right = (cut.before * (1.0 - share).max(MOST)).max(1.0);
        if right < self.window {
            self.window = right;
            self.mark = Some(right / (1.0 - LEAST.0));
        }
        self.since = (0, 0);
    }
}

/// How long answers take, in seconds.
#[derive(Debug, Default)]
struct Latency {
    smoothed: f64,
    answers: u32,
    /// The lowest of the last answers, and of those before.
    lowest: (f64, f64),
}

impl Latency {
    fn add(&mut self, took: f64, window: f64) {
        if self.answers.is_multiple_of(MEMORY) {
            self.lowest = (took, if self.answers == 0 { took } else { self.lowest.0 });
        }
        self.answers = self.answers.wrapping_add(1);
        self.lowest.0 = self.lowest.0.min(took);
        let share = f64::from(self.answers.max(1)).min(window.max(8.0));
        self.smoothed += (took - self.smoothed) / share;
    }

    /// Whether requests wait for each other, here or there: more of them would only wait longer.
    fn is_high(&self) -> bool {
        self.smoothed > 3.0 * self.lowest.0.min(self.lowest.1) + 0.005
    }
}

#[cfg(test)]
mod tests;
