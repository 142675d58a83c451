//! The journal under load, beside SQLite with nothing on top: what `cargo xtask bench journal` runs.
//!
//! `journal make FILE ENTRIES` writes a run of so many entries; `journal round FILE` measures once what is done with it and
//! with new journals beside it, and prints a line of JSON; `journal export FILE FORMAT` does the same for an export.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use action::Environment;
use jiff::Timestamp;
use journal::{Entry, Journal, NewEntries};
use report::{Format, Review, ReviewFormat, Timeline};
use run::{Event, Mode, Request, RunId};
use runbook::StepId;
use rusqlite::{Connection, TransactionBehavior, params};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Appends that are measured of each kind, one event each.
const APPENDS: u64 = 400;
/// How many of them are made before it is the other's turn: what else the machine does then meets both alike.
const TURN: u64 = 20;
/// Repaints that are measured.
const REPAINTS: u64 = 2_000;
/// The length of the run that a long one is compared with.
const SHORT: u64 = 1_000;

type Done<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Done {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["make", file, entries] => make(&Journal::open(Path::new(file))?, &id(0), entries.parse()?),
        ["round", file] => round(Path::new(file)),
        ["export", file, format] => export(Path::new(file), format),
        _ => Err("usage: journal make FILE ENTRIES | journal round FILE | journal export FILE FORMAT".into()),
    }
}

fn id(number: u64) -> RunId {
    RunId::new(Timestamp::UNIX_EPOCH, &number.to_be_bytes())
}

fn at(seq: u64) -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000 + seq.cast_signed() * 1_500).unwrap_or_default()
}

/// What the first entry of a run says, and any other.
fn event(seq: u64) -> Done<Event> {
    let step = Some(StepId::from(format!("step-{}", seq % 20).as_str()));
    Ok(match seq % 4 {
        _ if seq == 1 => {
            let steps = (0..20).map(|n| format!("### Step {n}\nLook at system {n}.\n- [ ] It answers\n\n"));
            let source = format!("# Restore the Portal\n\n## Assess\n\n{}", steps.collect::<String>());
            let request = Request {
                name: "restore-the-portal".to_owned(),
                source,
                mode: Mode::Exercise,
                environment: Environment::practice("http://127.0.0.1:9311"),
                parameters: BTreeMap::new(),
                operator: "Sam".to_owned(),
                outage_began: None,
                declared: at(0),
            };
            Event::RunStarted(Box::new(request.check()?))
        }
        0 => Event::CheckTicked { step: "step-0".into(), check: 0, text: "It answers".to_owned() },
        2 => Event::CheckUnticked { step: "step-0".into(), check: 0, text: "It answers".to_owned() },
        _ => {
            let text = format!("called the Portal lead, {seq} photos of organization {} are back", seq % 997);
            Event::Noted { step, text, tag: None }
        }
    })
}

fn append(journal: &Journal, run: &RunId, seq: u64, events: &[Event]) -> Done<Vec<run::Recorded>> {
    Ok(journal.append(NewEntries { run, after: seq - 1, at: at(seq), actor: "Sam", events })?)
}

fn make(journal: &Journal, run: &RunId, entries: u64) -> Done {
    let all: Vec<u64> = (1..=entries).collect();
    for part in all.chunks(1_000) {
        let events = part.iter().map(|seq| event(*seq)).collect::<Done<Vec<_>>>()?;
        append(journal, run, part[0], &events)?;
    }
    Ok(())
}

/// Seconds that something takes.
fn timed<T>(what: impl FnOnce() -> Done<T>) -> Done<(f64, T)> {
    let began = Instant::now();
    let given = what()?;
    Ok((began.elapsed().as_secs_f64(), given))
}

fn round(file: &Path) -> Done {
    let long = Journal::open(file)?;
    let folder = file.with_extension("round");
    fs::create_dir(&folder)?;
    let appends = appends(&long, &folder)?;
    let short = Journal::open(&folder.join("short.db"))?;
    make(&short, &id(0), SHORT)?;
    let repaints = json!({ "short": repaint(&short)?, "long": repaint(&long)? });
    fs::remove_dir_all(&folder)?;
    let whole = whole(file, &long)?;
    println!("{}", json!({ "appends": appends, "repaints": repaints, "whole": whole }));
    Ok(())
}

/// Appends a second: of SQLite alone, to a run that begins, and to the long one.
fn appends(long: &Journal, folder: &Path) -> Done<serde_json::Value> {
    let bare = Bare::new(&folder.join("bare.db"))?;
    let new = Journal::open(&folder.join("new.db"))?;
    let run = id(0);
    append(&new, &run, 1, &[event(1)?])?;
    let end = long.entries_after(&run, 0)?.len() as u64;
    let rows = new_rows()?;
    let [mut bares, mut news, mut longs] = [const { Vec::new() }; 3];
    for turn in 0..APPENDS / TURN {
        let seqs = turn * TURN + 2..turn * TURN + 2 + TURN;
        let events = seqs.clone().map(event).collect::<Done<Vec<_>>>()?;
        let began = Instant::now();
        for seq in seqs.clone() {
            bare.append(&rows[usize::try_from(seq - 2)?])?;
        }
        bares.push(began.elapsed());
        let began = Instant::now();
        for (seq, event) in seqs.clone().zip(&events) {
            append(&new, &run, seq, std::slice::from_ref(event))?;
        }
        news.push(began.elapsed());
        let began = Instant::now();
        for (seq, event) in seqs.zip(&events) {
            append(long, &run, end + seq - 1, std::slice::from_ref(event))?;
        }
        longs.push(began.elapsed());
    }
    // The turn in the middle: one that had to wait for somebody else's disk doesn't count.
    let rate = |mut took: Vec<Duration>| {
        took.sort();
        TURN as f64 / took[took.len() / 2].as_secs_f64()
    };
    Ok(json!({ "bare": rate(bares), "new": rate(news), "long": rate(longs) }))
}

/// The rows that a journal makes of the events, to write them without it.
fn new_rows() -> Done<Vec<Entry>> {
    let folder = std::env::temp_dir().join(format!("lifeboat-rows-{}", std::process::id()));
    let journal = Journal::open(&folder.join("journal.db"))?;
    make(&journal, &id(0), APPENDS + 1)?;
    let rows = journal.entries_after(&id(0), 1)?;
    drop(journal);
    fs::remove_dir_all(&folder)?;
    Ok(rows)
}

/// SQLite with the journal's settings and its columns, and nothing else.
struct Bare(std::cell::RefCell<Connection>);

impl Bare {
    fn new(path: &Path) -> Done<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(
            "CREATE TABLE entry (run TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, \
             event TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID",
        )?;
        Ok(Self(connection.into()))
    }

    fn append(&self, row: &Entry) -> Done {
        let mut connection = self.0.borrow_mut();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut insert =
            transaction.prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        let (run, seq) = (row.run.as_str(), row.seq.cast_signed());
        insert.execute(params![run, seq, row.at, row.actor, row.event, row.previous, row.hash])?;
        drop(insert);
        Ok(transaction.commit()?)
    }
}

/// Microseconds that it takes to take one more entry in, to hand a copy of the run on, and to read the new line of the
/// timeline.
fn repaint(journal: &Journal) -> Done<serde_json::Value> {
    let mut run = journal.fold::<Box<dyn Error>>(&id(0))?;
    let end = run.seq();
    let mut entries = Vec::new();
    for seq in end + 1..=end + REPAINTS {
        let event = if seq % 2 == 0 { event(4)? } else { event(3)? };
        entries.push(run::Recorded { seq, at: at(seq), actor: "Sam".to_owned(), event });
    }
    let each = |seconds: f64| seconds * 1e6 / REPAINTS as f64;
    let (absorb, ()) = timed(|| Ok(entries.into_iter().try_for_each(|entry| run.absorb(entry))?))?;
    let (copy, ()) = timed(|| {
        (0..REPAINTS).for_each(|_| drop(black_box(run.clone())));
        Ok(())
    })?;
    let (line, ()) = timed(|| {
        for _ in 0..REPAINTS {
            black_box((journal.head(run.id())?, journal.entries_after(run.id(), end - 1)?));
        }
        Ok(())
    })?;
    Ok(json!({ "absorb": each(absorb), "copy": each(copy), "line": each(line) }))
}

/// Entries a second when all of them are read: hashed with nothing else, folded, and verified.
fn whole(file: &Path, journal: &Journal) -> Done<serde_json::Value> {
    let [mut hash, mut fold, mut verify] = [const { Vec::new() }; 3];
    for _ in 0..3 {
        let (seconds, entries) = timed(|| hashed(file))?;
        hash.push(entries / seconds);
        fold.push(entries / timed(|| Journal::open(file)?.fold::<Box<dyn Error>>(&id(0)))?.0);
        verify.push(entries / timed(|| Ok(journal.verify()?))?.0);
    }
    let middle = |mut rates: Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[1]
    };
    Ok(json!({ "hash": middle(hash), "fold": middle(fold), "verify": middle(verify) }))
}

/// Reads and hashes every row. How many.
fn hashed(file: &Path) -> Done<f64> {
    let connection = Connection::open(file)?;
    let mut query = connection
        .prepare("SELECT run, seq, at, actor, event, previous, hash FROM entry ORDER BY run, seq")?;
    let mut rows = query.query([])?;
    let mut count = 0_u32;
    while let Some(row) = rows.next()? {
        let mut hasher = Sha256::new();
        for column in [0, 2, 3, 4, 5] {
            hasher.update(row.get_ref(column)?.as_bytes()?);
        }
        hasher.update(row.get::<_, i64>(1)?.to_be_bytes());
        black_box(hasher.finalize());
        count += 1;
    }
    Ok(f64::from(count))
}

fn export(file: &Path, format: &str) -> Done {
    let (what, ending) = format.split_once('.').ok_or("name a format like timeline.csv")?;
    let to = file.with_extension("export");
    let (seconds, entries) = timed(|| {
        let journal = Journal::open_read_only(file)?;
        let mut out = BufWriter::new(File::create(&to)?);
        let entries = match what {
            "timeline" => {
                let known = Format::ALL.into_iter().find(|(name, _)| *name == ending);
                let timeline = Timeline::new(&journal, &id(0))?;
                timeline.write(known.ok_or("there is no such format")?.1, &journal, &mut out)?;
                timeline.run().seq()
            }
            _ => {
                let known = ReviewFormat::ALL.into_iter().find(|(name, _)| *name == ending);
                let review = Review::new(&journal, &id(0))?;
                review.write(known.ok_or("there is no such format")?.1, &journal, &mut out)?;
                review.run().seq()
            }
        };
        out.flush()?;
        Ok(entries)
    })?;
    let bytes = fs::metadata(&to)?.len();
    fs::remove_file(&to)?;
    println!("{}", json!({ "seconds": seconds, "entries": entries, "bytes": bytes, "peak_bytes": peak()? }));
    Ok(())
}

/// The most memory that was held: bytes; 0 where that can't be asked.
fn peak() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status").or_else(|why| match why.kind() {
        io::ErrorKind::NotFound => Ok(String::new()),
        _ => Err(why),
    })?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    Ok(kib.unwrap_or_default() * 1024)
}
