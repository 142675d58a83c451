//! Somebody who follows a runbook in the window.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use thirtyfour::Key;
use tokio::time::{Instant, sleep};

use crate::support::desktop::Desktop;
use crate::support::paths;
use crate::support::practice::Practice;
use crate::support::process::wait_until;

/// Who runs it, and who approves.
pub(super) const OPERATOR: &str = "Sam Ortega";
pub(super) const APPROVER: &str = "Dana Whitfield";

/// The decisions that are answered with their second choice; the others with their first.
const NO: [&str; 2] = ["came-back", "rehearsed"];

/// How long an action of the practice range may take on a slow machine.
pub(super) const WORK: Duration = Duration::from_secs(90);

/// What the window shows of the current step.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Shown {
    /// The step's id.
    pub(super) step: String,
    /// The moves that are offered, the primary one first.
    pub(super) moves: Vec<String>,
    /// Why the primary one can't be taken yet.
    pub(super) blocked: Option<String>,
    /// Checks that are not ticked.
    pub(super) unticked: Vec<String>,
    /// Whether something has to be written down and isn't: `INPUT` or `TEXTAREA`.
    pub(super) record: Option<String>,
    /// The choices of a decision.
    pub(super) options: Vec<String>,
}

impl Shown {
    /// Whether the primary move is this one.
    pub(super) fn offers(&self, primary: &str) -> bool {
        self.moves.first().is_some_and(|first| first == primary)
    }
}

/// What the window shows of the current step; `None` when the run has ended or the step is being repainted.
pub(super) async fn shown(desktop: &Desktop) -> Option<Shown> {
    let look = "const step = document.querySelector('[data-testid=current-step]');
        if (!step) return null;
        const ids = (css) => [...step.querySelectorAll(css)].map((e) => e.dataset.testid);
        const record = step.querySelector('[data-testid=record]');
        return {
            step: step.dataset.step,
            moves: ids('[data-testid^=move-]').map((id) => id.slice(5)),
            blocked: step.querySelector('[data-testid=blocked]')?.innerText ?? null,
            unticked: ids('[data-testid^=check-]:not(:checked)'),
            record: record && record.value === '' ? record.tagName : null,
            options: ids('[data-testid^=option-]').map((id) => id.slice(7)),
        };";
    serde_json::from_value(desktop.script(look, vec![]).await).unwrap()
}

/// Waits until the current step is one that `wanted` recognises.
pub(super) async fn until(desktop: &Desktop, what: &str, wanted: impl Fn(&Shown) -> bool) -> Shown {
    let began = Instant::now();
    loop {
        let now = shown(desktop).await;
        match &now {
            Some(shown) if wanted(shown) => return shown.clone(),
            _ if began.elapsed() < WORK => sleep(Duration::from_millis(50)).await,
            _ => desktop.give_up(&format!("{what}; the step is {now:?}")).await,
        }
    }
}

/// Fills in the start form of the photo runbook for an exercise and starts it.
pub(super) async fn start(desktop: &Desktop) {
    fill_in(desktop).await;
    desktop.click("[data-testid=start-submit]").await;
    until(desktop, "the first step", |shown| shown.step == "stop-writers").await;
}

/// Fills in the start form of the photo runbook for an exercise.
pub(super) async fn fill_in(desktop: &Desktop) {
    fill_in_for(desktop, "restore-badge-photos").await;
}

/// The same for another runbook: who runs it, the last good moment, and that it is an exercise.
pub(super) async fn fill_in_for(desktop: &Desktop, runbook: &str) {
    desktop.click(&format!("[data-testid=start-{runbook}]")).await;
    desktop.fill("[data-testid=operator]", OPERATOR).await;
    desktop.click("[data-testid=param-restore_to-last-good]").await;
    desktop.click("[data-testid=mode-exercise]").await;
}

/// Goes up to the approved plan, slowly enough to have a middle, and returns in it.
pub(super) async fn into_the_middle(desktop: &Desktop, practice: &Practice) {
    start(desktop).await;
    until_at(desktop, |shown| shown.offers("approve")).await.unwrap();
    desktop.fill("[data-testid=approver]", APPROVER).await;
    practice.slow(400);
    desktop.click("[data-testid=move-approve]").await;
    desktop.see("[data-testid=progress]").await;
    wait_until("some photos are back", WORK, || practice.back() > 0);
}

/// Does what the current step asks for, up to its next primary move, and takes that.
pub(super) async fn answer(desktop: &Desktop, shown: &Shown) {
    for check in &shown.unticked {
        desktop.click(&format!("[data-testid={check}]")).await;
        desktop.see(&format!("[data-testid={check}]:checked")).await;
    }
    match shown.record.as_deref() {
        Some("INPUT") => desktop.press("Use the time now").await,
        Some(_) => desktop.fill("[data-testid=record]", written(&shown.step)).await,
        None => {}
    }
    match shown.moves.first().map(String::as_str) {
        Some("decide") => {
            let option = &shown.options[usize::from(NO.contains(&shown.step.as_str()))];
            desktop.click(&format!("[data-testid=option-{option}]")).await;
        }
        Some("approve") => desktop.fill("[data-testid=approver]", APPROVER).await,
        _ => {}
    }
    desktop.click(&format!("[data-testid=move-{}]:not([disabled])", shown.moves[0])).await;
}

/// What is written down at a step that asks for words.
fn written(step: &str) -> &'static str {
    match step {
        "obliteration" => "none",
        _ => "Ten badges, as they were",
    }
}

/// Goes from move to move until `stop` recognises what is shown, or the run has ended. Actions at work are waited
/// for.
pub(super) async fn until_at(desktop: &Desktop, stop: impl Fn(&Shown) -> bool) -> Option<Shown> {
    let mut last: Option<Shown> = None;
    let mut began = Instant::now();
    loop {
        let ended = desktop.script("return !!document.querySelector('[data-testid=ended]')", vec![]).await;
        if ended == json!(true) {
            return None;
        }
        match shown(desktop).await {
            Some(now) if stop(&now) => return Some(now),
            // What was answered shows up when Rust has taken it.
            Some(now) if !now.moves.is_empty() && last.as_ref() != Some(&now) && is_new(&last, &now) => {
                answer(desktop, &now).await;
                (last, began) = (Some(now), Instant::now());
            }
            now if began.elapsed() > WORK => {
                desktop.give_up(&format!("the run to go on; the step is {now:?}")).await;
            }
            _ => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Looks at the screen as it is: axe finds nothing wrong, and a picture of it is kept.
pub(super) async fn look(desktop: &Desktop, name: &str) {
    assert_eq!(desktop.axe().await, [], "{name}");
    desktop.screenshot(&paths::target().join(format!("screenshots/window-{name}.png"))).await;
}

/// Whether the run has gone on since a move was taken: another step, or another move of the same one.
fn is_new(last: &Option<Shown>, now: &Shown) -> bool {
    last.as_ref().is_none_or(|last| (&last.step, &last.moves) != (&now.step, &now.moves))
}

/// Takes the primary move with the keyboard, and waits until it is taken.
pub(super) async fn enter(desktop: &Desktop) {
    let before = shown(desktop).await;
    let began = Instant::now();
    while shown(desktop).await == before {
        if began.elapsed() > WORK {
            desktop.give_up("\u{23ce} does nothing").await;
        }
        desktop.keys(Key::Enter + "").await;
        // A press right after the primary move changed is dropped, so that nobody approves what they haven't seen.
        let pressed = Instant::now();
        while shown(desktop).await == before && pressed.elapsed() < Duration::from_secs(2) {
            sleep(Duration::from_millis(50)).await;
        }
    }
}
