//! The timeline as a picture: where it stands on the page is worked out once, and drawn by each writer.
//!
//! A line for every phase and every step that was reached, time from left to right; on it what went on when, approvals
//! as diamonds, and the clocks as numbered lines from top to bottom. Height, outline and place tell the kinds apart, not
//! colour alone.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use run::between;
use runbook::StepId;

use crate::review::Review;
use crate::review::activity::{Activity, Span};
use crate::review::clocks::length;
use crate::review::inputs::marks;
use crate::review::paint::{Anchor, Ink, Item, Picture};

/// How much room the lengths at the right need.
const LENGTHS: f64 = 84.0;
/// The height of a line.
const LINE: f64 = 22.0;
/// How many steps are drawn; more would be no picture any more.
const MOST: usize = 30;

/// A phase that the run came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phase {
    pub(crate) title: String,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
struct Step {
    id: StepId,
    title: String,
    from: Timestamp,
    to: Timestamp,
}

impl Phase {
    pub(crate) fn took(&self) -> Duration {
        between(self.from, self.to)
    }

    /// How long it was busy with each of [`Activity::ALL`].
    pub(crate) fn by_activity(&self, spans: &[Span]) -> [Duration; 5] {
        Activity::ALL.map(|activity| {
            let here = |span: &&Span| {
                span.activity == activity && self.steps.iter().any(|step| step.id == span.step)
            };
            spans.iter().filter(here).map(|span| between(span.from, span.to)).sum()
        })
    }
}

impl Review {
    /// The phases that the run came to, with the steps it came to.
    pub(crate) fn phases(&self) -> Vec<Phase> {
        let mut phases = Vec::new();
        for phase in &self.run.runbook().phases {
            let reached = phase.steps.iter().filter_map(|step| {
                let of = self.run.step(&step.id);
                let from = of.reached?;
                let to = of.left.unwrap_or(self.until()).max(from);
                Some(Step { id: step.id.clone(), title: step.title.clone(), from, to })
            });
            let steps: Vec<_> = reached.collect();
            let (Some(first), Some(last)) =
                (steps.iter().map(|step| step.from).min(), steps.iter().map(|step| step.to).max())
            else {
                continue;
            };
            let title = if phase.title.is_empty() { "Steps".to_owned() } else { phase.title.clone() };
            phases.push(Phase { title, from: first, to: last, steps });
        }
        phases
    }

    /// When the run ended, or its last entry was written.
    fn until(&self) -> Timestamp {
        self.run.ended().unwrap_or(self.run.last())
    }

    /// What the picture shows, for those who can't see it.
    pub(crate) fn where_time_went(&self) -> String {
        let total = between(self.run.started(), self.until());
        let spent = |activity| -> Duration {
            let of = self.spans.iter().filter(|span| span.activity == activity);
            of.map(|span| between(span.from, span.to)).sum()
        };
        let longest = self.phases().into_iter().max_by_key(Phase::took);
        let longest =
            longest.map(|phase| format!(" The longest phase was {}, {}.", phase.title, length(phase.took())));
        format!(
            "The run took {}: people were at work for {}, actions for {}; it was held for {}, and in trouble for {}.{}",
            length(total),
            length(spent(Activity::Person)),
            length(spent(Activity::Action)),
            length(spent(Activity::Approval) + spent(Activity::Wait)),
            length(spent(Activity::Trouble)),
            longest.unwrap_or_default(),
        )
    }

    /// The picture, this wide.
    pub(crate) fn picture(&self, width: f64) -> Picture {
        let phases = self.phases();
        let scale = Scale::of(self, width);
        let mut items = Vec::new();
        let top = 30.0;
        let (lines, left_out) = lines(&phases);
        let bottom = top + LINE * lines.len() as f64;
        scale.draw(&mut items, top, bottom);
        for (line, y) in lines.iter().zip(0..) {
            self.draw(&mut items, &scale, line, top + LINE * f64::from(y));
        }
        let legend = self.draw_marks(&mut items, &scale, bottom);
        let mut y = bottom + 32.0;
        let drawn: Vec<_> = Activity::ALL
            .into_iter()
            .filter(|activity| self.spans.iter().any(|span| span.activity == *activity))
            .collect();
        y = kinds(&mut items, &drawn, y, width, self.parts.iter().any(|part| !part.approved.is_empty()));
        if let Some(text) = legend {
            y = text.draw(&mut items, y, width);
        }
        let mut said = Vec::new();
        said.extend(scale.before.iter().cloned());
        if left_out > 0 {
            said.push(format!("{left_out} shorter steps are not drawn."));
        }
        for text in said {
            items.push(Item::text(0.0, y + 12.0, 11.0, Ink::Faint, text));
            y += 18.0;
        }
        Picture { width, height: y + 4.0, items }
    }

    fn draw(&self, items: &mut Vec<Item>, scale: &Scale, line: &Line<'_>, y: f64) {
        let middle = y + LINE / 2.0;
        let (title, from, to) = match line {
            Line::Phase(phase) => (&phase.title, phase.from, phase.to),
            Line::Step(step) => (&step.title, step.from, step.to),
        };
        let took = length(between(from, to));
        let heading = matches!(line, Line::Phase(_));
        let indent = if heading { 0.0 } else { 12.0 };
        let room = ((scale.left - indent - 8.0) / 6.2) as usize;
        let ink = if heading { Ink::Text } else { Ink::Soft };
        items.push(Item::Text {
            x: indent,
            y: middle + 4.0,
            size: 12.0,
            bold: heading,
            ink,
            anchor: Anchor::Start,
            text: cut(title, room),
        });
        items.push(Item::Text {
            x: scale.width,
            y: middle + 4.0,
            size: 11.0,
            bold: heading,
            ink,
            anchor: Anchor::End,
            text: took,
        });
        let Line::Step(step) = line else {
            let (x, w) = scale.bar(from, to);
            items.push(Item::Rect { x, y: middle - 2.0, w, h: 4.0, ink: Ink::Phase, outline: false });
            return;
        };
        for span in self.spans.iter().filter(|span| span.step == step.id) {
            let (x, w) = scale.bar(span.from, span.to);
            let (h, ink, outline) = shape(span.activity);
            items.push(Item::Rect { x, y: middle - h / 2.0, w, h, ink, outline });
        }
        for (at, _) in self.approvals.iter().filter(|(_, of)| *of == step.id) {
            items.push(Item::Diamond { x: scale.x(*at), y: middle, size: 6.0, ink: Ink::Text });
        }
    }

    /// The clocks as numbered lines; what the numbers mean comes back.
    fn draw_marks(&self, items: &mut Vec<Item>, scale: &Scale, bottom: f64) -> Option<Numbered> {
        let mut said = Vec::new();
        let mut last = f64::NEG_INFINITY;
        let drawn = marks(&self.run).filter_map(|(name, mark)| Some((name, mark?.at)));
        let mut drawn: Vec<_> = drawn.filter(|(_, at)| scale.holds(*at)).collect();
        drawn.sort_by_key(|(_, at)| *at);
        for ((name, at), number) in drawn.into_iter().zip(1..) {
            let x = scale.x(at);
            let place = if x < last + 15.0 { last + 15.0 } else { x };
            items.push(Item::Line { from: (place, 17.0), to: (x, 26.0), ink: Ink::Clock, dashed: false });
            items.push(Item::Line { from: (x, 26.0), to: (x, bottom), ink: Ink::Clock, dashed: true });
            items.push(Item::Disc {
                x: place,
                y: 10.0,
                radius: 7.0,
                ink: Ink::Clock,
                text: number.to_string(),
            });
            last = place;
            said.push((number, format!("{name} {}", at.strftime("%H:%M:%S"))));
        }
        (!said.is_empty()).then_some(Numbered(said))
    }
}

enum Line<'a> {
    Phase(&'a Phase),
    Step(&'a Step),
}

/// What is drawn, a line each, and how many steps are not.
fn lines(phases: &[Phase]) -> (Vec<Line<'_>>, usize) {
    let mut lengths: Vec<_> = phases.iter().flat_map(|phase| &phase.steps).map(took).collect();
    lengths.sort_unstable_by(|one, other| other.cmp(one));
    let least = lengths.get(MOST).copied();
    let mut lines = Vec::new();
    let mut steps = 0;
    for phase in phases {
        let mut first = true;
        for step in &phase.steps {
            if steps < MOST && least.is_none_or(|least| took(step) >= least) {
                if std::mem::take(&mut first) {
                    lines.push(Line::Phase(phase));
                }
                steps += 1;
                lines.push(Line::Step(step));
            }
        }
    }
    (lines, lengths.len() - steps)
}

fn took(step: &Step) -> Duration {
    between(step.from, step.to)
}

/// How high what went on is drawn, for what, and whether as an outline.
fn shape(activity: Activity) -> (f64, Ink, bool) {
    match activity {
        Activity::Person => (6.0, Ink::Person, false),
        Activity::Action => (12.0, Ink::Action, false),
        Activity::Approval => (12.0, Ink::Approval, true),
        Activity::Wait => (8.0, Ink::Wait, true),
        Activity::Trouble => (12.0, Ink::Trouble, false),
    }
}

/// What the shapes mean.
fn kinds(items: &mut Vec<Item>, drawn: &[Activity], mut y: f64, width: f64, approvals: bool) -> f64 {
    let mut x = 0.0;
    for activity in drawn {
        let (h, ink, outline) = shape(*activity);
        let needs = 26.0 + wide(activity.words(), 11.0) + 22.0;
        if x + needs > width {
            (x, y) = (0.0, y + 20.0);
        }
        items.push(Item::Rect { x, y: y + 6.0 - h / 2.0, w: 20.0, h, ink, outline });
        items.push(Item::text(x + 26.0, y + 10.0, 11.0, Ink::Soft, activity.words().to_owned()));
        x += needs;
    }
    if approvals {
        items.push(Item::Diamond { x: x + 6.0, y: y + 6.0, size: 6.0, ink: Ink::Text });
        items.push(Item::text(x + 17.0, y + 10.0, 11.0, Ink::Soft, "approval".to_owned()));
    }
    y + 22.0
}

/// What the numbers of the clocks mean.
struct Numbered(Vec<(i32, String)>);

impl Numbered {
    fn draw(self, items: &mut Vec<Item>, mut y: f64, width: f64) -> f64 {
        let mut x = 0.0;
        for (number, text) in self.0 {
            let needs = 18.0 + wide(&text, 11.0) + 18.0;
            if x + needs > width {
                (x, y) = (0.0, y + 20.0);
            }
            items.push(Item::Disc {
                x: x + 7.0,
                y: y + 6.0,
                radius: 7.0,
                ink: Ink::Clock,
                text: number.to_string(),
            });
            items.push(Item::text(x + 18.0, y + 10.0, 11.0, Ink::Soft, text));
            x += needs;
        }
        y + 22.0
    }
}

/// From instants to places.
struct Scale {
    from: Timestamp,
    to: Timestamp,
    /// Where time begins, after the names, and where it ends, before the lengths.
    left: f64,
    right: f64,
    width: f64,
    /// What lies before the picture, when that would have left no room for the rest.
    before: Option<String>,
}

impl Scale {
    /// From the first clock, if that isn't so long ago that the run would be squeezed to nothing.
    fn of(review: &Review, width: f64) -> Self {
        let (started, to) = (review.run.started(), review.until());
        let to = to.max(started.checked_add(SignedDuration::from_secs(1)).unwrap_or(started));
        let all = marks(&review.run).filter_map(|(name, mark)| Some((name, mark?.at)));
        let took = between(started, to);
        let (near, far): (Vec<_>, Vec<_>) = all.partition(|(_, at)| between(*at, started) <= took);
        let from = near.iter().map(|(_, at)| *at).min().unwrap_or(started).min(started);
        let to = near.iter().map(|(_, at)| *at).max().unwrap_or(to).max(to);
        let said = far
            .iter()
            .map(|(name, at)| format!("{name} {} before the run began", length(between(*at, started))));
        let said = said.collect::<Vec<_>>().join("; ");
        let before = (!said.is_empty()).then(|| format!("Not drawn: {said}."));
        Self { from, to, left: width * 0.235, right: width - LENGTHS, width, before }
    }

    fn holds(&self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&at)
    }

    fn x(&self, at: Timestamp) -> f64 {
        let part = between(self.from, at).as_secs_f64() / between(self.from, self.to).as_secs_f64().max(1e-9);
        self.left + (self.right - self.left) * part.clamp(0.0, 1.0)
    }

    /// Where a bar begins, and how wide it is: always enough to be seen.
    fn bar(&self, from: Timestamp, to: Timestamp) -> (f64, f64) {
        let x = self.x(from);
        (x, (self.x(to) - x).max(1.5))
    }

    /// The axis: lines at round instants, at most nine.
    fn draw(&self, items: &mut Vec<Item>, top: f64, bottom: f64) {
        const STEPS: [i64; 16] = [
            1, 5, 15, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 604_800, 2_592_000,
        ];
        let long = i64::try_from(between(self.from, self.to).as_secs()).unwrap_or(i64::MAX);
        let step = STEPS.into_iter().find(|step| long / step <= 8).unwrap_or(31_536_000);
        let mut at = self.from.as_second().div_euclid(step) * step;
        while at <= self.to.as_second() {
            if let Ok(instant) = Timestamp::from_second(at)
                && self.holds(instant)
            {
                let x = self.x(instant);
                let shape = match step {
                    ..60 => "%H:%M:%S",
                    60..86_400 => "%H:%M",
                    _ => "%-d %b",
                };
                items.push(Item::Line {
                    from: (x, top - 6.0),
                    to: (x, bottom),
                    ink: Ink::Grid,
                    dashed: false,
                });
                items.push(Item::Text {
                    x: x - wide("00:00", 10.0) / 2.0,
                    y: bottom + 15.0,
                    size: 10.0,
                    bold: false,
                    ink: Ink::Faint,
                    anchor: Anchor::Start,
                    text: instant.strftime(shape).to_string(),
                });
            }
            at += step;
        }
    }
}

/// How wide a text is, about.
fn wide(text: &str, size: f64) -> f64 {
    text.chars().map(|letter| if letter.is_ascii() { 0.56 } else { 1.0 }).sum::<f64>() * size
}

/// A text that has room: at most so many letters of usual width.
fn cut(text: &str, most: usize) -> String {
    let (mut cut, mut used) = (String::new(), 0);
    for letter in text.chars() {
        used += if letter.is_ascii() { 1 } else { 2 };
        if used > most {
            return format!("{}…", cut.trim_end());
        }
        cut.push(letter);
    }
    cut
}
