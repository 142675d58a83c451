//! Input from people who are in a hurry, and from people who mean harm.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use runbook::library::SHIPPED;
use runbook::{Code, Diagnostic, Parsed};

use crate::{TODAY, lint};

/// Long enough for a debug build on a busy machine, and far too short for anything quadratic.
const SOON: Duration = Duration::from_secs(10);

/// Whatever came in: a runbook without errors, or errors without a runbook, every one with a place in the text.
fn sound(source: &str, parsed: &Parsed) {
    assert_eq!(parsed.runbook.is_none(), parsed.diagnostics.iter().any(Diagnostic::is_error));
    assert!(parsed.diagnostics.len() <= 201);
    let lines: Vec<usize> = source.split('\n').map(|line| line.chars().count()).collect();
    for d in &parsed.diagnostics {
        let there = |line: usize, column: usize| {
            lines.get(line - 1).is_some_and(|length| (1..=length + 1).contains(&column))
        };
        let large = d.code == Code::TooLarge;
        assert!(large || (there(d.line, d.column) && there(d.end_line, d.end_column)), "{d:?}");
        assert!((d.line, d.column) <= (d.end_line, d.end_column), "{d:?}");
        assert!(!d.message.is_empty() && d.hint.is_some(), "{d:?}");
    }
    for step in parsed.runbook.iter().flat_map(|runbook| runbook.steps()) {
        for html in std::iter::once(&step.html).chain(step.checks.iter().map(|check| &check.html)) {
            harmless(html);
        }
    }
}

fn harmless(html: &str) {
    const TAGS: [&str; 24] = [
        "p",
        "br",
        "hr",
        "em",
        "strong",
        "del",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ];
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap().trim_start_matches('/');
        let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(TAGS.contains(&name), "<{name}> in {html}");
        let mut rest = rest;
        while let Some((attribute, value)) = rest.split_once("=\"") {
            let (value, after) = value.split_once('"').unwrap();
            rest = after;
            let web = || ["http:", "https:", "mailto:"].iter().any(|scheme| value.starts_with(scheme));
            match attribute.trim() {
                "href" => assert!(web(), "{html}"),
                other => assert!(["title", "start", "rel"].contains(&other), "{other} in {html}"),
            }
        }
        assert!(rest.trim_matches(['/', ' ']).is_empty(), "{rest:?} in {html}");
    }
}

/// The time that this thread has worked, where the system says so: other work on the machine doesn't count.
fn worked(since: Instant) -> Duration {
    let file = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = file.split_whitespace().next().and_then(|number| number.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let before = worked(began);
    let result = work();
    (worked(began).saturating_sub(before), result)
}

fn quickly<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (took, result) = timed(work);
    assert!(took < SOON, "{what} took {took:?}");
    result
}

/// Numbers that look random and are the same every time.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
}

#[test]
fn ten_megabytes_of_noise_are_refused_at_once() {
    let bytes: Vec<u8> = noise(7).take(10 * 1024 * 1024).collect();
    let (took, parsed) = timed(|| runbook::lint(&bytes, "noise.md", false, TODAY));
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(parsed.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooLarge]);
}

#[test]
fn large_files_are_read_in_time() {
    let fill = |piece: &str| piece.repeat(runbook::MAX_BYTES / 4 / piece.len());
    let noise_text: String =
        noise(11).map(|byte| char::from(b' ' + byte % 95)).take(runbook::MAX_BYTES).collect();
    let noisy_lines: String = noise(13)
        .map(|byte| b"\n\n #->*_`[](){}:&!|ab "[usize::from(byte) % 22] as char)
        .take(runbook::MAX_BYTES)
        .collect();
    let mut slow = Vec::new();
    for (what, source) in [
        ("noise", noise_text),
        ("lines of noise", noisy_lines),
        ("quotes", fill(">")),
        ("quotes on lines", fill("> > > > > > > >\n")),
        ("lists", fill("- ")),
        ("list lines", fill("- [ ] a\n")),
        ("deepening lists", (0..2_000).map(|depth| " ".repeat(depth % 1_000) + "- a\n").collect()),
        ("brackets", fill("[")),
        ("links", fill("[a](")),
        ("images", fill("![")),
        ("stars", fill("*a_")),
        ("backticks", (1..2_000).map(|n| "`".repeat(n) + " ").collect()),
        ("tags", fill("<a>")),
        ("comments", fill("<!--")),
        ("headings", fill("### a\n")),
        ("blocks", fill("### a\n```yaml step\nid: x\n```\n")),
        ("tables", fill("|a|b|\n|-|-|\n|c|d|\n\n")),
        (
            "wide table",
            format!(
                "|{}\n|{}\n{}",
                fill("a|").get(..200_000).unwrap(),
                "-|".repeat(100_000),
                "|x\n".repeat(100)
            ),
        ),
        ("secrets", fill("password: hunter2 ")),
        ("colons", fill("password=")),
        ("front matter", format!("---\n{}", fill("a: b\n"))),
        ("closed front matter", format!("---\n{}---\n# T\n", "a: b\n".repeat(200_000))),
        ("flow", format!("---\na: {}\n---\n# T\n", "[".repeat(1_000_000))),
        ("long key", format!("---\n{}: b\n---\n# T\n", "k".repeat(1_000_000))),
        ("quoted", format!("---\na: \"{}\n---\n# T\n", "\\x41".repeat(400_000))),
        (
            "references",
            format!(
                "### a\n```yaml step\ncommunicate: {{ audience: a, message: \"{}\" }}\n```\n",
                "${a}".repeat(400_000)
            ),
        ),
        (
            "definitions",
            (0..60_000).map(|n| format!("[a{n}]: x\n")).collect::<String>() + &"[a1]".repeat(60_000),
        ),
        ("entities", fill("&amp;")),
    ] {
        let (took, parsed) = timed(|| lint(&source));
        slow.extend((took > SOON).then_some((what, took)));
        sound(&source, &parsed);
    }
    assert!(slow.is_empty(), "{slow:?}");
}

fn long(steps: usize, block: impl Fn(usize) -> String) -> String {
    let mut source = String::from("---\nobjectives: { rto: 24h, rpo: 4h }\n---\n# Long\n");
    for number in 0..steps {
        if number % 50 == 0 {
            writeln!(source, "## Phase {number}").unwrap();
        }
        writeln!(
            source,
            "### Step {number}\nDo *this*.\n- [ ] a\n- [ ] b\n```yaml step\n{}\n```",
            block(number)
        )
        .unwrap();
    }
    source
}

#[test]
fn five_thousand_steps_are_read_in_time() {
    let good = long(5_000, |number| format!("id: s{number}\nestimate: 1s\non_failure: s{}", number + 1));
    let good = good.replace("on_failure: s5000\n", "");
    let parsed = quickly("5,000 steps", || lint(&good));
    assert_eq!(
        parsed.runbook.as_ref().map(|runbook| runbook.steps().count()),
        Some(5_000),
        "{:?}",
        parsed.diagnostics
    );
    for (what, block) in [
        ("unknown steps", "on_failure: nowhere-at-all"),
        ("duplicate steps", "id: same"),
        ("unknown actions", "action: photos.unknown"),
        ("unknown keys", "actoin: x"),
        ("unknown references", "communicate: { audience: a, message: \"${b}${steps.stop.x}${env.q}\" }"),
        ("broken yaml", "a: [\n"),
    ] {
        let source = long(5_000, |_| block.to_owned());
        sound(&source, &quickly(what, || lint(&source)));
    }
}

/// The time for five times the steps stays far from the twenty-five times that something quadratic takes.
#[test]
fn time_grows_with_size_and_no_faster() {
    let time = |steps: usize| {
        let source = long(steps, |number| format!("id: s{number}\nrecord: text"));
        let best = (0..3).map(|_| timed(|| lint(&source)).0);
        best.min().unwrap_or_default()
    };
    let (small, large) = (time(1_000), time(5_000));
    assert!(large < small * 15, "{small:?} for 1,000 steps and {large:?} for 5,000");
}

/// One runbook is cut after every character, the others, which are made of the same things, after every thirteenth:
/// the work grows with the square of the length.
#[test]
fn every_truncation_of_a_shipped_runbook_is_sound() {
    let cuts = SHIPPED.iter().enumerate().flat_map(|(n, (_, text))| {
        text.char_indices().step_by(if n == 0 { 1 } else { 13 }).map(|(end, _)| &text[..end])
    });
    let cuts: Vec<&str> = cuts.collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for first in 0..threads {
            let mine = cuts.iter().skip(first).step_by(threads);
            scope.spawn(move || mine.for_each(|cut| sound(cut, &runbook::parse(cut, "cut.md"))));
        }
    });
}

#[test]
fn a_cut_inside_a_block_or_the_front_matter_loads_nothing() {
    let (_, text) = SHIPPED[0];
    let mut fence = false;
    let mut at = 0;
    let front = text[3..].find("\n---\n").unwrap() + 3;
    for line in text.split_inclusive('\n') {
        fence ^= line.starts_with("```");
        at += line.len();
        if fence || (at > 4 && at <= front) {
            assert_eq!(runbook::parse(&text[..at], "cut.md").runbook, None, "{}", &text[..at]);
        }
    }
}

#[test]
fn hostile_markdown_never_gets_through() {
    for piece in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<iframe src=\"https://evil.example\"></iframe>",
        "![x](data:image/svg+xml;base64,AAAA)",
        "![x](https://evil.example/pixel.png)",
        "a <a href=\"x\" onclick=\"y()\">b</a>",
        "<svg onload=alert(1)>",
        "- [ ] <b>x</b>",
    ] {
        let parsed = lint(&format!("# T\n## A\n{piece}\n"));
        assert_eq!(parsed.runbook, None, "{piece}");
    }
    for piece in [
        "[x](javascript:alert(1))",
        "[x]( javascript:alert(1))",
        "[x](java\\\nscript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x][y]\n\n[y]: vbscript:x",
        "<javascript:alert(1)>",
        "[x](data:text/html;base64,AAAA \"t\\\" onclick=\\\"y\")",
        "`<script>alert(1)</script>`",
        "```html\n<script>alert(1)</script>\n```",
        "\\<script>alert(1)\\</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "- [ ] [x](javascript:alert(1)) `<b onclick=x>`",
        "| <https://example.com> | [a](file:///etc/passwd) |\n|---|---|\n| b | c |",
    ] {
        let source = format!("# T\n{piece}\n## A\n{piece}\n### B\n{piece}\n");
        let parsed = lint(&source);
        let runbook = parsed.runbook.as_ref().unwrap_or_else(|| panic!("{piece}: {:?}", parsed.diagnostics));
        harmless(&runbook.introduction);
        runbook.phases.iter().for_each(|phase| harmless(&phase.introduction));
        sound(&source, &parsed);
    }
}

#[test]
fn an_alias_bomb_is_refused_at_once() {
    let mut bomb = String::from("---\na: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (this, before) in ('b'..='k').zip('a'..) {
        let aliases = vec![format!("*{before}"); 10].join(", ");
        writeln!(bomb, "{this}: &{this} [{aliases}]").unwrap();
    }
    bomb.push_str("---\n# T\n## A\n");
    let parsed = quickly("an alias bomb", || lint(&bomb));
    assert_eq!(parsed.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::YamlAnchor]);
}

/// Pieces that mean something to markdown, to YAML or to a runbook.
fn piece() -> impl Strategy<Value = String> {
    const PIECES: [&str; 62] = [
        "---\n",
        "# ",
        "## ",
        "### ",
        "#### ",
        "\n",
        "\n\n",
        "  ",
        "\t",
        "- ",
        "- [ ] ",
        "- [x] ",
        "1. ",
        "> ",
        "```yaml step\n",
        "```\n",
        "~~~\n",
        "    ",
        "id: ",
        "action: ",
        "photos.restore",
        "photos.verify",
        "with:\n",
        "  bucket: ",
        "${bucket}",
        "${env.photos.bucket}",
        "${steps.a.restored}",
        "${",
        "}",
        "$${",
        "decision:\n",
        "  \"yes\": ",
        "wait: { for: 5m }",
        "until: ",
        "communicate:\n",
        "approval: approver\n",
        "estimate: 24h\n",
        "on_failure: ",
        "record: time\n",
        "parameters:\n",
        "type: choice\n",
        "objectives: { rto: 24h }\n",
        "reviewed: 2026-11-01\n",
        "<b>",
        "<!-- ",
        "![x](https://a)",
        "[x](javascript:1)",
        "|a|b|\n|-|-|\n",
        "password: hunter2\n",
        "eu-west-1",
        "&a ",
        "*a",
        "!!x ",
        "? ",
        ": ",
        ", ",
        "[",
        "]",
        "{",
        "\"",
        "'",
        "\r\n",
    ];
    prop_oneof![
        8 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned),
        2 => "[a-zé🔥 ]{0,6}",
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_put_together_is_read_soundly(pieces in proptest::collection::vec(piece(), 0..80)) {
        let source = pieces.concat();
        sound(&source, &lint(&source));
    }

    #[test]
    fn whatever_bytes_come_are_read_soundly(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let parsed = runbook::lint(&bytes, "bytes.md", true, TODAY);
        prop_assert_eq!(parsed.runbook.is_none(), parsed.diagnostics.iter().any(Diagnostic::is_error));
    }

    #[test]
    fn a_shipped_runbook_with_something_changed_is_read_soundly(
        which in 0..2_usize,
        from in any::<prop::sample::Index>(),
        length in 0..40_usize,
        put in proptest::collection::vec(piece(), 0..4),
    ) {
        let text: Vec<char> = SHIPPED[which].1.chars().collect();
        let from = from.index(text.len());
        let to = (from + length).min(text.len());
        let source: String = text[..from].iter().chain(put.concat().chars().collect::<Vec<_>>().iter()).chain(&text[to..]).collect();
        sound(&source, &lint(&source));
    }

    #[test]
    fn good_values_are_good_again_in_their_normal_form(text in "\\PC{0,30}", which in 0..10_usize) {
        use action::ParamKind::{Boolean, Bucket, DbInstance, Duration, Integer, Prefix, Region, Snapshot, Text, Timestamp};
        let kind = [Text, Integer, Boolean, Timestamp, Duration, Bucket, Prefix, Region, DbInstance, Snapshot][which];
        if let Ok(normal) = runbook::value::check::<&str>(kind, &[], &text) {
            prop_assert_eq!(runbook::value::check::<&str>(kind, &[], &normal), Ok(normal.clone()));
        }
    }
}
