//! Puts the front matter and the sections together into a runbook.

use std::collections::HashMap;
use std::ops::Range;

use jiff::civil::Date;
use pulldown_cmark::Event;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::front_matter::{self, FrontMatter};
use crate::html::{self, Renderer};
use crate::lint;
use crate::model::{Check, Phase, Runbook, Step, StepId, StepKind};
use crate::outline;
use crate::report::{LineCounter, Report};
use crate::section::Section;
use crate::slug::slug;
use crate::step_block::{self, Fenced, Places};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// How to read a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// What diagnostics call the file. Its stem is the title of a runbook that has none.
    pub name: String,
    /// Today, to tell stale reviews; `None` doesn't look.
    pub today: Option<Date>,
    /// Whether missing or stale metadata is an error.
    pub strict: bool,
}

/// What came of reading a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The runbook; `None` when any diagnostic is an error.
    pub runbook: Option<Runbook>,
    /// What is wrong, by position; errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// A runbook that may still have errors, with the places that lint points at.
pub(crate) struct Draft<'a> {
    pub(crate) front: FrontMatter,
    /// Its HTML is still empty.
    pub(crate) runbook: Runbook,
    introduction: Vec<Event<'a>>,
    phases: Vec<Prose<'a>>,
    steps: Vec<Prose<'a>>,
    /// For each step, in the order of the file.
    pub(crate) places: Vec<StepPlaces>,
    /// Whether every block could be read, so that what is missing is missing from the file.
    pub(crate) complete: bool,
}

/// What becomes HTML once it is known that there are no errors.
struct Prose<'a> {
    text: Vec<Event<'a>>,
    checks: Vec<Vec<Event<'a>>>,
}

/// Where a step and the values of its block stand.
pub(crate) struct StepPlaces {
    pub(crate) heading: Range<usize>,
    pub(crate) block: Places,
}

impl StepPlaces {
    /// Where the value of a key stands; the heading when the block doesn't have it.
    pub(crate) fn of(&self, key: &str) -> Range<usize> {
        self.block.get(key).unwrap_or_else(|| self.heading.clone())
    }
}

/// Reads a runbook from the bytes of a file.
///
/// Never panics; the time it takes grows no faster than the size, which [`MAX_BYTES`] limits.
pub fn parse_bytes(bytes: &[u8], options: &Options) -> Parsed {
    if bytes.len() > MAX_BYTES {
        return refuse_size(bytes.len(), options);
    }
    match std::str::from_utf8(bytes) {
        Ok(source) => parse_with(source, options),
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let good = String::from_utf8_lossy(good);
            let mut report = Report::default();
            let message = "this is not UTF-8 text";
            let hint = "Save the file as UTF-8. If it is not a text at all, it is not a runbook.";
            report.add(Code::NotUtf8, good.len()..good.len(), message, hint);
            Parsed { runbook: None, diagnostics: report.finish(&good, &options.name, options.strict) }
        }
    }
}

/// Reads a runbook from text; see [`parse_bytes`].
pub fn parse_with(source: &str, options: &Options) -> Parsed {
    if source.len() > MAX_BYTES {
        return refuse_size(source.len(), options);
    }
    let mut report = Report::default();
    let (front, body) = front_matter::read(source, &mut report);
    let sections = outline::read(source, body, &mut report);
    lint::secret::check(source, &mut report);
    let draft = front
        .zip(sections)
        .and_then(|(front, sections)| assemble(source, &options.name, front, sections, &mut report));
    if let Some(draft) = &draft {
        lint::check(draft, options.today, &mut report);
    }
    let diagnostics = report.finish(source, &options.name, options.strict);
    let good = diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning);
    Parsed { runbook: draft.filter(|_| good).map(render), diagnostics }
}

/// Puts the HTML in.
fn render(draft: Draft<'_>) -> Runbook {
    let renderer = Renderer::new();
    let mut runbook = draft.runbook;
    runbook.introduction = renderer.html(draft.introduction);
    for (phase, prose) in runbook.phases.iter_mut().zip(draft.phases) {
        phase.introduction = renderer.html(prose.text);
    }
    for (step, prose) in runbook.phases.iter_mut().flat_map(|phase| &mut phase.steps).zip(draft.steps) {
        step.html = renderer.html(prose.text);
        for (check, events) in step.checks.iter_mut().zip(prose.checks) {
            check.html = renderer.html(events);
        }
    }
    runbook
}

fn refuse_size(bytes: usize, options: &Options) -> Parsed {
    let mut report = Report::default();
    let message = format!("this file has {bytes} bytes, and a runbook at most {MAX_BYTES}");
    report.add(Code::TooLarge, 0..0, message, "Split it, or give the right file.");
    Parsed { runbook: None, diagnostics: report.finish("", &options.name, options.strict) }
}

/// A phase while it is put together.
struct Group<'a> {
    head: Section<'a>,
    steps: Vec<Section<'a>>,
}

fn assemble<'a>(
    source: &str,
    name: &str,
    front: FrontMatter,
    sections: Vec<Section<'a>>,
    report: &mut Report,
) -> Option<Draft<'a>> {
    let (preamble, title, groups) = group(sections);
    let heading = title.as_ref().map(|title| title.title.clone()).filter(|title| !title.is_empty());
    let runbook_title = front.title.clone().or(heading).unwrap_or_else(|| stem(name).to_owned());
    let mut builder = Builder::new(source, report);
    let mut introduction = preamble.prose;
    if preamble.block.is_some() || !preamble.checks.is_empty() {
        let hint = "Put a heading above what is to be done: ### makes it a step.";
        builder.report.add(
            Code::MisplacedBlock,
            0..0,
            "there is something to do before the first heading",
            hint,
        );
    }
    let mut groups = groups;
    if let Some(mut title) = title {
        let nothing_else = groups.iter().all(|group| group.steps.is_empty());
        if title.has_work() || nothing_else {
            if title.title.is_empty() {
                title.title.clone_from(&runbook_title);
            }
            groups.insert(0, Group { head: Section::default(), steps: vec![title] });
        } else {
            introduction.append(&mut title.prose);
        }
    }
    let phases: Vec<Phase> = groups.into_iter().map(|group| builder.phase(group)).collect();
    let Builder { places, complete, intros, steps, .. } = builder;
    if places.is_empty() {
        let hint = "Give each step a heading: `### Stop the writers`.";
        report.add(Code::NoSteps, front.span.clone(), "there is no step in this runbook", hint);
        return None;
    }
    let id = front.id.clone().unwrap_or_else(|| slug(&runbook_title));
    let runbook = Runbook {
        id: if id.is_empty() { "runbook".to_owned() } else { id },
        title: runbook_title,
        version: front.version.clone(),
        owner: front.owner.clone(),
        reviewed: front.reviewed.as_ref().map(|(day, _)| *day),
        systems: front.systems.clone(),
        objectives: front.objectives,
        csf: front.csf.clone(),
        break_glass: front.break_glass,
        parameters: front.parameters.iter().map(|placed| placed.parameter.clone()).collect(),
        introduction: String::new(),
        places: index(&phases),
        phases,
    };
    Some(Draft { front, runbook, introduction, phases: intros, steps, places, complete })
}

/// Where each step is. Of two steps with one id, which is an error, the first counts.
fn index(phases: &[Phase]) -> HashMap<StepId, (usize, usize)> {
    let mut places = HashMap::new();
    for (phase_at, phase) in phases.iter().enumerate() {
        for (step_at, step) in phase.steps.iter().enumerate() {
            places.entry(step.id.clone()).or_insert((phase_at, step_at));
        }
    }
    places
}

/// Sorts sections into what stands before the first heading, the title and the phases.
///
/// The first `#` is the title; a later one begins a phase, as `##` does. A phase without `###` is a step of its
/// own, since somebody who writes only `##` means steps. What stands between a `##` and its first `###`
/// introduces the phase, unless it has something to do: then it is a step, so that nothing is lost.
fn group(sections: Vec<Section<'_>>) -> (Section<'_>, Option<Section<'_>>, Vec<Group<'_>>) {
    let mut preamble = Section::default();
    let mut title = None;
    let mut groups: Vec<Group<'_>> = Vec::new();
    for section in sections {
        match section.level {
            0 => preamble = section,
            1 if title.is_none() && groups.is_empty() => title = Some(section),
            1 | 2 => {
                if let Some(group) = groups.last_mut() {
                    close(group, section.level);
                }
                groups.push(Group { head: section, steps: Vec::new() });
            }
            _ => match groups.last_mut() {
                Some(group) => group.steps.push(section),
                None => groups.push(Group { head: Section::default(), steps: vec![section] }),
            },
        }
    }
    if let Some(group) = groups.last_mut() {
        close(group, 0);
    }
    (preamble, title, groups)
}

/// Makes a step of a phase's heading when it is one; `next` is the level of the heading that follows.
fn close(group: &mut Group<'_>, next: u8) {
    let only_a_heading = group.steps.is_empty() && next <= group.head.level;
    if group.head.level > 0 && (group.head.has_work() || only_a_heading) {
        let Section { level, title, span, .. } = &group.head;
        let head = Section { level: *level, title: title.clone(), span: span.clone(), ..Section::default() };
        group.steps.insert(0, std::mem::replace(&mut group.head, head));
    }
}

/// The name of a file without its folder and its ending.
fn stem(name: &str) -> &str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.strip_suffix(".md").or(file.strip_suffix(".markdown")).unwrap_or(file)
}

struct Builder<'s, 'r, 'a> {
    lines: LineCounter<'s>,
    report: &'r mut Report,
    places: Vec<StepPlaces>,
    intros: Vec<Prose<'a>>,
    steps: Vec<Prose<'a>>,
    complete: bool,
}

impl<'s, 'r, 'a> Builder<'s, 'r, 'a> {
    fn new(source: &'s str, report: &'r mut Report) -> Self {
        let lines = LineCounter::new(source);
        Self { lines, report, places: Vec::new(), intros: Vec::new(), steps: Vec::new(), complete: true }
    }

    fn phase(&mut self, group: Group<'a>) -> Phase {
        self.intros.push(Prose { text: group.head.prose, checks: Vec::new() });
        Phase {
            title: group.head.title,
            introduction: String::new(),
            steps: group.steps.into_iter().map(|section| self.step(section)).collect(),
        }
    }

    fn step(&mut self, section: Section<'a>) -> Step {
        let number = self.places.len() + 1;
        let fenced = match &section.block {
            Some(block) => {
                let fenced = step_block::read(block, self.report);
                self.complete &= fenced.is_some();
                fenced.unwrap_or_default()
            }
            None => Fenced::default(),
        };
        let title = if section.title.is_empty() { format!("Step {number}") } else { section.title };
        let slug =
            Some(slug(&title)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| format!("step-{number}"));
        let line = self.lines.line(section.span.start);
        self.places.push(StepPlaces { heading: section.span, block: fenced.places });
        let check = |events: &Vec<Event<'_>>| Check { html: String::new(), text: html::text(events) };
        let step = Step {
            id: fenced.id.unwrap_or(StepId(slug)),
            title,
            line,
            html: String::new(),
            text: html::text(&section.prose),
            checks: section.checks.iter().map(check).collect(),
            kind: fenced.kind.unwrap_or(StepKind::Manual),
            role: fenced.role,
            clock: fenced.clock,
            approval: fenced.approval,
            estimate: fenced.estimate,
            timeout: fenced.timeout,
            expect: fenced.expect,
            on_failure: fenced.on_failure,
            record: fenced.record,
        };
        self.steps.push(Prose { text: section.prose, checks: section.checks });
        step
    }
}
