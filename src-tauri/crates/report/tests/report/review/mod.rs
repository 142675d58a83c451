//! The draft of a review: what it says, and that every writer says the same.

mod bundle;
mod hostile;
mod html;
mod pdf;

use journal::Journal;
use report::{Review, ReviewFormat};
use run::{Event, How, Mode};

use crate::story::{RUNBOOK, Story, id, note, step, tagged, told};

/// The titles of its sections, in order.
const SECTIONS: [&str; 13] = [
    "Summary",
    "Impact",
    "Clocks against objectives",
    "Who did what",
    "Timeline",
    "Deviations from the runbook",
    "Evidence",
    "What went well",
    "What went badly",
    "Corrective actions",
    "NIST CSF 2.0",
    "Sign-off",
    "Integrity",
];

fn bytes(journal: &Journal, format: ReviewFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    Review::new(journal, &id()).unwrap().write(format, journal, &mut bytes).unwrap();
    bytes
}

fn text(story: &Story, format: ReviewFormat) -> String {
    String::from_utf8(bytes(&story.journal, format)).unwrap()
}

/// A section of the markdown, without its title.
fn section<'t>(markdown: &'t str, title: &str) -> &'t str {
    let (_, rest) = markdown.split_once(&format!("\n## {title}\n\n")).unwrap();
    rest.split("\n## ").next().unwrap().trim_end()
}

#[test]
fn the_sections_come_in_order_and_none_is_empty() {
    let markdown = text(&told(Mode::Incident), ReviewFormat::Markdown);
    let titles: Vec<_> = markdown.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(titles, SECTIONS);
    for title in SECTIONS {
        assert!(!section(&markdown, title).is_empty(), "{title}\n{markdown}");
    }
}

#[test]
fn the_summary_says_what_was_run_on_what_by_whom_and_how_it_ended() {
    let markdown = text(&told(Mode::Incident), ReviewFormat::Markdown);
    let summary = section(&markdown, "Summary").lines().next().unwrap();
    assert_eq!(
        summary,
        "On 24 November 2026 Sam Okafor ran Restore badge photos version 1.1.0 in an incident on production (account \
         123456789012, us-east-1). The outage began at 2026-11-24 02:41:00 UTC and was declared 21 min later; the run \
         began 12 min 2 s after that. Of its 7 steps 6 were done and 1 was skipped; one plan was approved, by Dana \
         Reyes. What was changed was verified: 1,204 of 1,204 photos are back (Restore the photos). The run finished at \
         2026-11-24 04:38:07 UTC, after 1 h 24 min. The service was validated 1 h 26 min after the declaration."
    );
}

#[test]
fn each_mode_has_its_word_and_its_title() {
    for (mode, title, word) in [
        (
            Mode::Incident,
            "# Post-incident review: Restore badge photos\n",
            "> **INCIDENT**: This was the real thing",
        ),
        (Mode::Rehearsal, "# Rehearsal review: Restore badge photos\n", "> **REHEARSAL**: A tested restore"),
        (Mode::Exercise, "# Exercise review: Restore badge photos\n", "> **EXERCISE**: A tabletop exercise"),
    ] {
        let markdown = text(&told(mode), ReviewFormat::Markdown);
        assert!(markdown.starts_with(title), "{markdown}");
        assert!(markdown.contains(word), "{markdown}");
    }
}

#[test]
fn clocks_are_held_against_the_objectives() {
    let markdown = text(&told(Mode::Incident), ReviewFormat::Markdown);
    let clocks = section(&markdown, "Clocks against objectives");
    for line in [
        "| outage began | 2026-11-24 02:41:00 UTC | said by a person, or a step of the runbook |",
        "| restore started | 2026-11-24 03:45:22 UTC | told by what was done |",
        "| cut over | not recorded |  |",
        "| RTO, from the outage | 1 h 47 min | 2 h | met | until the service was validated |",
        "| RTO, from the declaration | 1 h 26 min | 2 h | met | until the service was validated |",
        "| RPO, badge photos | 11 min | 4 h | met | at most |",
    ] {
        assert!(clocks.lines().any(|found| found == line), "{line}\n{clocks}");
    }
    assert!(clocks.contains("The run was held for 31 min waiting"), "{clocks}");
    let late = Story::begin(Mode::Incident, &RUNBOOK.replace("rto: 2h", "rto: 20m"));
    let late = text(&late, ReviewFormat::Markdown);
    assert!(late.contains(
        "| RTO, from the outage | 33 min 2 s | 20 min | missed by 13 min 2 s | so far; it goes on |"
    ));
}

#[test]
fn everybody_is_there_with_what_they_did() {
    let markdown = text(&told(Mode::Incident), ReviewFormat::Markdown);
    let people = section(&markdown, "Who did what");
    for line in [
        "| Sam Okafor | operator | 2026-11-24 03:14:02 UTC | stayed | nothing | 18 |",
        "| Kim Lindqvist | scribe | 2026-11-24 03:14:32 UTC | 2026-11-24 04:29:07 UTC | nothing | 7 |",
        "| Dana Reyes | approver | 2026-11-24 03:45:22 UTC | stayed | plan dacaae62 | 2 |",
        "| lifeboat | the program itself | 2026-11-24 03:27:27 UTC | stayed | nothing | 6 |",
    ] {
        assert!(people.lines().any(|found| found == line), "{line}\n{people}");
    }
}

#[test]
fn where_the_time_went_adds_up() {
    let markdown = text(&told(Mode::Incident), ReviewFormat::Markdown);
    let timeline = section(&markdown, "Timeline");
    for line in [
        "| Assess | 15 min 5 s | 9 min 25 s | 5 min 40 s | – | – | – |",
        "| Restore | 59 min | 1 min 50 s | 21 min 50 s | 15 min | 16 min | 4 min 20 s |",
        "| Close | 10 min | 10 min | – | – | – | – |",
    ] {
        assert!(timeline.lines().any(|found| found == line), "{line}\n{timeline}");
    }
    assert!(timeline.contains("it was held for 31 min, and in trouble for 4 min 20 s"), "{timeline}");
}

#[test]
fn deviations_evidence_and_actions_are_listed() {
    let markdown = text(&told(Mode::Incident), ReviewFormat::Markdown);
    let deviations = section(&markdown, "Deviations from the runbook");
    for kind in [
        "| failed | given up: Restore the photos: ",
        "| retried | applying plan ",
        "| skipped | skipped Tell ",
    ] {
        assert!(deviations.contains(kind), "{kind}\n{deviations}");
    }
    let evidence = section(&markdown, "Evidence");
    let digest = run::Digest::of(b"a picture");
    let line = format!("| 26 | Verify the photos | attached: portal-front-page.png | `{digest}` | 9 |");
    assert!(evidence.lines().any(|found| found == line), "{line}\n{evidence}");
    let actions = section(&markdown, "Corrective actions");
    assert!(
        actions.ends_with("| Name a second approver for each shift. | Lee Park | 15 December 2026 |"),
        "{actions}"
    );
    assert!(section(&markdown, "What went badly").starts_with("- The second person could not be reached"));
    assert!(section(&markdown, "NIST CSF 2.0").contains("| `RC.RP-03` | Backups are checked to be whole"));
}

#[test]
fn a_run_in_which_nothing_was_noted_says_so() {
    let markdown = text(&Story::begin(Mode::Exercise, "# One step\n\n### Look\n"), ReviewFormat::Markdown);
    for (title, said) in [
        ("Impact", "No impact was noted during the run."),
        ("Deviations from the runbook", "None: every step was done as the runbook says, and nothing failed."),
        ("Evidence", "Nothing was kept as evidence."),
        ("What went well", "Nothing was noted as having gone well."),
        ("What went badly", "Nothing was noted as having gone badly."),
        ("Corrective actions", "None were recorded."),
        ("NIST CSF 2.0", "The runbook names no subcategory that a run of it is evidence for."),
    ] {
        assert_eq!(section(&markdown, title), said);
    }
    assert!(
        markdown.contains("> **NOT ENDED**: This is how the run stood after entry 1. It goes on."),
        "{markdown}"
    );
    assert!(markdown.contains("The run has not ended: it stands at Look."), "{markdown}");
    assert!(markdown.contains("| RTO, from the outage | 33 min 2 s | none | no objective |"), "{markdown}");
}

#[test]
fn broken_glass_is_said_at_the_top_and_among_the_deviations() {
    let mut story = Story::begin(Mode::Incident, RUNBOOK);
    let digest = run::Digest::of(b"plan");
    let how = How::BrokeGlass { reason: "nobody answers".into() };
    story.say(
        "Sam Okafor",
        Event::PlanApproved { step: step("restore"), digest, by: "Sam Okafor".into(), how },
    );
    let markdown = text(&story, ReviewFormat::Markdown);
    let top = markdown.split("## Summary").next().unwrap();
    let said = "approved by Sam Okafor alone, without a second person: nobody answers";
    assert!(top.contains("> **GLASS BROKEN**: ") && top.contains(said), "{top}");
    let deviations = section(&markdown, "Deviations from the runbook");
    assert!(deviations.contains("| glass broken | ") && deviations.contains(said), "{deviations}");
}

#[test]
fn a_run_that_was_interrupted_has_trouble_and_no_work_while_nobody_was_there() {
    let mut story = Story::begin(Mode::Incident, RUNBOOK);
    let (step, action) = (step("stop-writers"), "photos.survey".to_owned());
    story.after(60).say("Sam Okafor", Event::ReadStarted { step, action, params: [].into() });
    story.after(10).say("Sam Okafor", note("it hangs"));
    story.after(600).say("Sam Okafor", Event::Resumed);
    story.after(30).say("Sam Okafor", note("here again"));
    let markdown = text(&story, ReviewFormat::Markdown);
    let line = "| Assess | 11 min 40 s | 1 min 30 s | 10 s | – | – | 10 min |";
    assert!(markdown.lines().any(|found| found == line), "{markdown}");
}

#[test]
fn what_was_written_after_the_review_was_made_is_not_in_it() {
    let mut story = told(Mode::Incident);
    let review = Review::new(&story.journal, &id()).unwrap();
    story.say("Sam Okafor", note("an afterthought"));
    let mut bytes = Vec::new();
    review.write(ReviewFormat::Markdown, &story.journal, &mut bytes).unwrap();
    let markdown = String::from_utf8(bytes).unwrap();
    assert!(!markdown.contains("an afterthought"));
    assert!(section(&markdown, "Integrity").contains("| Entries | 33 |"));
    assert!(section(&markdown, "Integrity").contains(review.head()));
    assert!(text(&story, ReviewFormat::Markdown).contains("an afterthought"));
}

#[test]
fn keys_of_photos_are_in_no_document() {
    let story = told(Mode::Incident);
    for format in [ReviewFormat::Markdown, ReviewFormat::Html] {
        assert!(!text(&story, format).contains("lovelace"));
    }
    assert!(!pdf::shown(&bytes(&story.journal, ReviewFormat::Pdf)).contains("lovelace"));
}

#[test]
fn the_same_run_makes_the_same_files() {
    let story = told(Mode::Exercise);
    for (_, format) in ReviewFormat::ALL {
        assert_eq!(bytes(&story.journal, format), bytes(&story.journal, format), "{format:?}");
    }
}

#[test]
fn notes_tagged_so_are_told_where_they_belong() {
    let mut story = Story::begin(Mode::Incident, RUNBOOK);
    story.say("Kim", tagged(run::NoteTag::Impact, "1. nobody could print a badge"));
    let markdown = text(&story, ReviewFormat::Markdown);
    let said = "- 1\\. nobody could print a badge (Kim, 2026-11-24 03:14:02 UTC)";
    assert_eq!(section(&markdown, "Impact"), said);
}
