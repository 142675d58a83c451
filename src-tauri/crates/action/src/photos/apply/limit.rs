//! How many requests may be under way together: found out from the answers, so that nobody has to guess.
//!
//! Pure: it is told when a request begins, and how long it took and what came of it when it ends. The number rises
//! fast at first, slowly near the point where the server said `SlowDown` or where S3's promised rate lies, and falls
//! in proportion to the share of requests that were turned away (as DCTCP does), at most once for every round of
//! requests under way. At a hard limit it settles just below it.

use std::cell::Cell;
use std::time::Duration;

/// Requests under way together at most, whatever the server bears: more is only memory.
const CEILING: usize = 512;
/// With so many it begins.
const FIRST: f64 = 16.0;
/// Below this many, the promised rate is no reason to be slow: the server is near.
const NEAR: f64 = 32.0;
/// One in so many answers may turn a request away without a cut: it only ends growth for a while.
const EXCUSED: f64 = 0.0025;
/// The least that one cut takes, as a share and in requests.
const LEAST: (f64, f64) = (0.05, 1.5);
/// What one cut leaves at least.
const MOST: f64 = 0.25;
/// So many answers tell the share of refusals, when it is as large as this.
const TELLING: (f64, f64) = (32.0, 0.25);
/// So many unanswered requests, and hardly any other, are an outage.
const SILENT: f64 = 8.0;
/// The share of refusals that is taken for the server's own weakness at most, once cuts have shown not to help.
const NOISE: f64 = 0.1;
/// So many cuts in a row after which refusals came on as before show that they don't help.
const STUBBORN: u8 = 4;
/// In about so many answers that is forgotten.
const FADING: f64 = 20_000.0;
/// Answers that take longer than this, in seconds, are asked for one after the other, not all at once.
const PACED: f64 = 0.005;
/// What clocks can tell apart.
const GRAIN: Duration = Duration::from_millis(1);
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

/// Whether a request may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// It may.
    Free,
    /// It may at this moment: requests are spread, because a server counts those that come at once.
    At(Duration),
    /// It may when one of those under way has ended.
    Full,
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
    /// Answers that may still come of what was sent before a cut was settled.
    grace: usize,
    /// How many requests might have begun at once, and when that was.
    credit: f64,
    credited: Duration,
    /// Whether more would have begun since the last answer, had there been room.
    in_demand: Cell<bool>,
}

/// What is known while the answers to what was sent before a cut come in.
#[derive(Debug)]
struct Cut {
    before: f64,
    left: usize,
    answers: f64,
    throttled: f64,
    lost: f64,
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
            grace: 0,
            credit: 0.0,
            credited: Duration::ZERO,
            in_demand: Cell::new(false),
        }
    }

    /// How many requests may be under way together now: at least one.
    pub(crate) fn window(&self) -> usize {
        self.window as usize
    }

    /// Whether another request may begin now.
    pub(crate) fn room(&self, now: Duration) -> Room {
        if self.under_way >= self.window() {
            self.in_demand.set(true);
            return Room::Full;
        }
        if self.under_way == 0 || self.latency.smoothed < PACED || self.credit(now) >= 1.0 {
            return Room::Free;
        }
        self.in_demand.set(true);
        let wait = Duration::from_secs_f64((1.0 - self.credit(now)) / self.pace());
        Room::At(now + wait.max(GRAIN))
    }

    /// A request begins.
    pub(crate) fn begin(&mut self, now: Duration) {
        self.under_way += 1;
        self.credit = (self.credit(now) - 1.0).max(0.0);
        self.credited = now;
    }

    /// Requests a second that may begin: somewhat more than are under way in the time of one. After a delay on this
    /// side they must not all come at once.
    fn pace(&self) -> f64 {
        let more = if self.place() < 0.6 { 1.5 } else { 1.1 };
        more * self.window / self.latency.smoothed.max(PACED)
    }

    fn promised(&self) -> f64 {
        (self.promised * self.latency.smoothed).max(NEAR)
    }

    /// Where the window is, as a share of where requests were turned away last or, if they never were, of what is
    /// promised.
    fn place(&self) -> f64 {
        self.window / self.mark.unwrap_or_else(|| self.promised())
    }

    /// How many requests may begin at once.
    fn credit(&self, now: Duration) -> f64 {
        let gained = now.saturating_sub(self.credited).as_secs_f64() * self.pace();
        (self.credit + gained).min((self.window / 4.0).max(4.0))
    }

    /// A request that began ends.
    pub(crate) fn end(&mut self, took: Duration, answer: Answer) {
        let full = self.under_way >= self.window() || self.in_demand.take();
        self.under_way = self.under_way.saturating_sub(1);
        self.since.0 = self.since.0.saturating_add(1);
        self.excuses = (self.excuses + EXCUSED + self.noise).min(1.0 + 20.0 * self.noise);
        self.noise -= self.noise / FADING;
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
            cut.lost += f64::from(u8::from(answer == Answer::Lost));
            // Nobody is there: one request at a time finds out when somebody is again.
            if cut.lost >= SILENT && cut.lost > 0.9 * cut.answers {
                self.window = 1.0;
            }
            let tells = cut.answers >= TELLING.0 && cut.throttled >= TELLING.1 * cut.answers;
            if cut.left == 0 || tells {
                self.settle();
            }
            return;
        }
        if self.grace > 0 {
            self.grace -= 1;
            return;
        }
        match answer {
            Answer::Taken if full && self.hold == 0 => self.grow(),
            Answer::Taken => {}
            _ if self.excuses >= 1.0 => {
                self.excuses -= 1.0;
                self.hold = if self.noise > EXCUSED { 0 } else { self.window() };
            }
            refusal => self.cut(refusal),
        }
    }

    fn grow(&mut self) {
        if self.latency.is_high() {
            return;
        }
        let step = match self.place() {
            place if place < 0.6 => 1.0,
            place if place < 0.95 => 1.0 / 8.0,
            place if place < 1.1 => 1.0 / self.window.max(400.0),
            // What turned requests away there is gone.
            _ if self.window < 0.9 * self.promised() => 1.0 / 16.0,
            _ => 1.0 / 100.0,
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
        let cut = Cut {
            before,
            left: self.under_way,
            answers: 1.0,
            throttled: f64::from(u8::from(throttled)),
            lost: f64::from(u8::from(!throttled)),
        };
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
        self.grace = self.under_way;
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
            // What was lowest once is forgotten slowly, so that crowding a server doesn't become the measure of it.
            let before = self.lowest.0.min(self.lowest.1 * 1.25);
            self.lowest = (took, if self.answers == 0 { took } else { before });
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
