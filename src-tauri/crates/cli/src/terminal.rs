//! The person at the terminal.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use jiff::Timestamp;
use run::{Command, Move, Request, Run, Work, same_person, second_person};
use runbook::{Role, Step, StepKind};

use crate::exit::Error;
use crate::say::say;

/// Asks the person at the terminal.
#[derive(Default)]
pub(crate) struct Terminal {
    shown: Option<(runbook::StepId, bool)>,
}

/// What the person said.
pub(crate) enum Asked {
    /// Do this, as this person.
    Command(Command, Option<String>),
    /// Nothing that can be done.
    Again,
    /// Leave the run where it stands.
    Leave,
}

impl Terminal {
    /// Asks for the parameters that have neither a value nor a default.
    pub(crate) fn complete(mut request: Request) -> Result<Request, Error> {
        let Some(runbook) = runbook::parse(&request.source, &request.name).runbook else {
            return Ok(request);
        };
        for parameter in &runbook.parameters {
            let default = run::default_in(parameter, &request.environment);
            if request.parameters.contains_key(&parameter.name) || (!parameter.required && default.is_none())
            {
                continue;
            }
            let prompt = parameter.prompt.as_deref().unwrap_or(&parameter.name);
            loop {
                let hint = default.as_ref().map(|default| format!(" [{default}]")).unwrap_or_default();
                let Some(typed) = line(&format!("{prompt}{hint}: "))? else { return Ok(request) };
                if typed.is_empty() && default.is_some() {
                    break;
                }
                match parameter.check(&typed) {
                    Ok(value) => {
                        request.parameters.insert(parameter.name.clone(), value);
                        break;
                    }
                    Err(why) => say!("  {why}"),
                }
            }
        }
        Ok(request)
    }

    /// Shows where the run stands and asks what to do.
    pub(crate) fn ask(&mut self, run: &Run, step: &Step) -> Result<Asked, Error> {
        let planned = matches!(run.step(&step.id).work, Work::Planned { .. });
        if self.shown.as_ref() != Some(&(step.id.clone(), planned)) {
            show(run, step);
            self.shown = Some((step.id.clone(), planned));
        }
        let of = run.step(&step.id);
        let moves = run.moves().all;
        if let Some(check) = (0..step.checks.len()).find(|check| !of.ticks.contains_key(check))
            && !matches!(moves.first(), Some(Move::Approve))
        {
            return match line(&format!(
                "  [ ] {}  (y, or s to skip the step, n for a note, q to leave) ",
                step.checks[check].text
            ))? {
                Some(answer) if answer.eq_ignore_ascii_case("y") => {
                    Ok(Asked::Command(Command::Tick { step: step.id.clone(), check }, None))
                }
                other => self.common(step, other),
            };
        }
        say!("");
        for (number, one) in (1..).zip(&moves) {
            say!("  {number}. {}", label(*one, step));
        }
        let choosable = moves.iter().any(|one| matches!(one, Move::Plan | Move::PlanAgain))
            && step.action().is_some_and(|action| action.params.iter().any(|param| param.at_planning));
        let values = if choosable { ", v to plan with other values" } else { "" };
        let answer = line(&format!("  Number (enter for 1{values}, n for a note, q to leave): "))?;
        if choosable && answer.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("v")) {
            let command = Command::Plan { step: step.id.clone(), with: other_values(run, step)? };
            return Ok(Asked::Command(command, None));
        }
        let chosen = match answer.as_deref() {
            Some("") => moves.first(),
            Some(text) => text.parse::<usize>().ok().and_then(|n| moves.get(n.wrapping_sub(1))),
            None => None,
        };
        match chosen {
            Some(chosen) => self.act(run, step, *chosen),
            None => self.common(step, answer),
        }
    }

    fn common(&self, step: &Step, answer: Option<String>) -> Result<Asked, Error> {
        match answer.as_deref().map(str::to_lowercase).as_deref() {
            None | Some("q") => Ok(Asked::Leave),
            Some("n") => {
                let text = line("  Note: ")?.unwrap_or_default();
                Ok(Asked::Command(Command::Note { text, step: Some(step.id.clone()), tag: None }, None))
            }
            Some("s") => {
                let reason = line("  Why is it skipped? ")?.unwrap_or_default();
                Ok(Asked::Command(Command::Skip { step: step.id.clone(), reason }, None))
            }
            Some(_) => {
                say!("  That is none of them.");
                Ok(Asked::Again)
            }
        }
    }

    fn act(&self, run: &Run, step: &Step, chosen: Move) -> Result<Asked, Error> {
        let id = step.id.clone();
        let ask = |prompt: &str| Ok::<_, Error>(line(prompt)?.unwrap_or_default());
        let ties = |word: &str| BTreeMap::from([("ties".to_owned(), word.to_owned())]);
        let digest = match &run.step(&id).work {
            Work::Planned { digest, .. } => Some(digest.clone()),
            _ => None,
        };
        let mut by = None;
        if matches!(chosen, Move::Complete | Move::Decide) && run.is_strict() && step.role != Role::Operator {
            let name = ask(&format!("  Who does it, as the {}? ", step.role.words()))?;
            if !run.holders(step.role).any(|person| same_person(&person.name, &name)) {
                // Then the step is asked for once more, and they have the role.
                return Ok(Asked::Command(Command::Join { person: name, role: step.role }, None));
            }
            by = Some(name);
        }
        let command = match (chosen, digest) {
            (Move::Complete, _) => {
                let record = match step.record {
                    Some(_) => Some(ask("  Write down what the step asks for: ")?),
                    None => None,
                };
                Command::Complete { step: id, record }
            }
            (Move::Read, _) => Command::Read { step: id },
            (Move::Plan | Move::PlanAgain, _) => Command::Plan { step: id, with: BTreeMap::new() },
            (Move::TiesPhoto, _) => Command::Plan { step: id, with: ties("photo") },
            (Move::TiesDeleted, _) => Command::Plan { step: id, with: ties("deleted") },
            (Move::Approve, Some(digest)) => {
                let glass = run.is_strict() && run.runbook().break_glass && second_person(step);
                let alone = if glass { " (! to break the glass and go on alone)" } else { "" };
                let by = ask(&format!("  Who approves plan {}?{alone} ", digest.short()))?;
                let typed = match &run.step(&id).work {
                    Work::Planned { summary, .. } => summary.typed.as_ref(),
                    _ => None,
                };
                let typed = typed.map(|name| ask(&format!("  This destroys {name}. Type its name: ")));
                let typed = typed.transpose()?;
                if glass && by == "!" {
                    let reason = ask("  Why can nobody else be asked? ")?;
                    Command::BreakGlass { step: id, digest, reason, typed }
                } else {
                    Command::Approve { step: id, digest, by: Some(by), typed }
                }
            }
            (Move::Refuse, Some(digest)) => Command::Refuse { step: id, digest, reason: ask("  Why? ")? },
            (Move::Approve | Move::Refuse, None) => Command::Plan { step: id, with: BTreeMap::new() },
            (Move::ApplyAgain, _) => Command::ApplyAgain { step: id },
            (Move::CheckAgain, _) => Command::CheckAgain { step: id },
            (Move::Decide, _) => {
                let StepKind::Decision { options } = &step.kind else { return Ok(Asked::Leave) };
                for (number, option) in (1..).zip(options) {
                    say!("     {number}. {}", option.label);
                }
                let answer = ask("  Which? ")?;
                let by_number = answer.parse::<usize>().ok().and_then(|n| options.get(n.wrapping_sub(1)));
                let choice = by_number.map_or(answer, |option| option.label.clone());
                Command::Decide { step: id, choice }
            }
            (Move::StartWait, _) => Command::StartWait { step: id },
            (Move::FollowFailure, _) => Command::FollowFailure { step: id },
            (Move::Skip, _) => Command::Skip { step: id, reason: ask("  Why is it skipped? ")? },
        };
        Ok(Asked::Command(command, by))
    }
}

fn label(one: Move, step: &Step) -> String {
    match one {
        Move::Complete if step.record.is_some() => "Write it down, done, go on".to_owned(),
        Move::Complete => "Done, go on".to_owned(),
        Move::Read => "Run it (it only reads)".to_owned(),
        Move::Plan => "Work out a plan (it only reads)".to_owned(),
        Move::Approve => "Approve this plan, and do it".to_owned(),
        Move::Refuse => "Refuse this plan".to_owned(),
        Move::PlanAgain => "Plan again".to_owned(),
        Move::TiesPhoto => "Plan again: undecided keys come back as photos".to_owned(),
        Move::TiesDeleted => "Plan again: undecided keys count as deleted".to_owned(),
        Move::ApplyAgain => "Go on with the approved plan".to_owned(),
        Move::CheckAgain => "Check once more what was done".to_owned(),
        Move::Decide => "Decide".to_owned(),
        Move::StartWait => "Begin the wait".to_owned(),
        Move::FollowFailure => "Go where the runbook says when this fails".to_owned(),
        Move::Skip => "Skip it, with a reason".to_owned(),
    }
}

/// What run it is, once.
pub(crate) fn heading(run: &Run) {
    let start = run.start();
    say!(
        "{} | {} | account {} | {}\n{} {}\nRun {}\n",
        start.mode.word().to_uppercase(),
        start.environment.name,
        start.environment.account,
        start.environment.region,
        run.runbook().title,
        run.runbook().version.as_deref().unwrap_or_default(),
        run.id()
    );
}

/// One entry of the timeline.
pub(crate) fn row(row: &report::Row) {
    let time = row.entry.at.parse::<Timestamp>().map(|at| at.strftime("%H:%M:%S").to_string());
    say!("{}  {:<10}  {}", time.unwrap_or_default(), clean(&row.entry.actor), clean(&row.text));
}

fn show(run: &Run, step: &Step) {
    let effect = step.effect().map(|effect| format!("  [{}]", effect.word())).unwrap_or_default();
    say!("\n── {}{effect}\n", clean(&step.title));
    for text in step.text.lines().filter(|text| !text.trim().is_empty()) {
        say!("  {}", clean(text));
    }
    if let Some(expect) = &step.expect {
        say!("\n  You will see: {}", clean(expect));
    }
    if let StepKind::Communicate { audience, message } = &step.kind {
        let text = run.fill(step, message).unwrap_or_else(|why| why.to_string());
        say!("\n  To {}:\n\n{}\n", clean(audience), clean(&text));
    }
    match &run.step(&step.id).work {
        Work::Planned { digest, summary, .. } => {
            say!("\n  Plan {}: {}", digest.short(), clean(&summary.headline));
            facts(&summary.facts);
            summary.examples.iter().for_each(|e| {
                say!("    {}: {}; becomes {}", clean(&e.key), clean(&e.now), clean(&e.becomes));
            });
            summary.notes.iter().for_each(|note| say!("  {}", clean(note)));
            summary.warnings.iter().for_each(|warning| say!("  Look: {}", clean(warning)));
        }
        Work::Verified { outcome, .. } => {
            say!("\n  {}", clean(&outcome.headline));
            facts(&outcome.facts);
            outcome.notes.iter().for_each(|note| say!("  {}", clean(note)));
        }
        Work::InDoubt { applied, found, problem } => {
            say!("\n  It was sent at {} and interrupted.", applied.since);
            found.iter().for_each(|found| say!("  {}", clean(&found.headline)));
            problem.iter().for_each(|problem| say!("  {}. {}", clean(&problem.what), clean(&problem.next)));
        }
        Work::Failed { problem, outcome, .. } => {
            problem.iter().for_each(|problem| say!("\n  {}. {}", clean(&problem.what), clean(&problem.next)));
            outcome.iter().for_each(|outcome| {
                say!("\n  {}", clean(&outcome.headline));
                facts(&outcome.facts);
                outcome.notes.iter().for_each(|note| say!("  {}", clean(note)));
            });
        }
        _ => {}
    }
}

/// The values that a person gives when a plan is made, where the action lets them be chosen then; what is left empty
/// stays as the runbook has it.
fn other_values(run: &Run, step: &Step) -> Result<BTreeMap<String, String>, Error> {
    let StepKind::Action { with, .. } = &step.kind else { return Ok(BTreeMap::new()) };
    let mut values = BTreeMap::new();
    for param in step.action().into_iter().flat_map(|action| action.params).filter(|param| param.at_planning)
    {
        say!("  {}", param.about);
        let now = with.get(param.name).and_then(|template| run.fill(step, template).ok());
        let kept =
            now.filter(|value| !value.is_empty()).map(|value| format!(" [{value}]")).unwrap_or_default();
        let choices =
            if param.choices.is_empty() { String::new() } else { format!(" ({})", param.choices.join(", ")) };
        match line(&format!("  {}{choices}{kept}: ", param.name))? {
            Some(value) if !value.is_empty() => values.insert(param.name.to_owned(), value),
            _ => None,
        };
    }
    Ok(values)
}

fn facts(facts: &[action::Fact]) {
    for fact in facts {
        say!("    {:<28} {}", clean(&fact.label), clean(&fact.value));
    }
}

/// Text that can't drive the terminal: keys and notes come from outside.
fn clean(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() && letter != '\n' { '\u{fffd}' } else { letter })
        .collect()
}

/// A line that the person types; `None` at the end of input.
fn line(prompt: &str) -> Result<Option<String>, Error> {
    let mut stdout = io::stdout().lock();
    write!(stdout, "{prompt}").and_then(|()| stdout.flush()).map_err(Error::Terminal)?;
    drop(stdout);
    let mut typed = String::new();
    match io::stdin().lock().read_line(&mut typed).map_err(Error::Terminal)? {
        0 => Ok(None),
        _ => Ok(Some(typed.trim().to_owned())),
    }
}
