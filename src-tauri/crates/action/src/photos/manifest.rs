//! What became of each item of a plan, as a table for people and spreadsheets.

use std::collections::HashMap;
use std::io::{self, BufRead as _, Write};

use csv::{ErrorKind, Writer};

use super::apply;
use super::apply::evidence::{Line, Result as Word};
use super::apply::resume::Lines;
use super::body::{Body, Item};
use crate::plan::{Failure, Source};

/// Writes one row for each item of `plan`: its key, what was to be done, what came of it and why, and the ids of the
/// request and of the version that was made.
///
/// `evidence` opens what applying the plan left, as often as it is asked; where the plan was applied several times, an
/// item's last state counts. Rows come in the order in which items were settled, and then, in the plan's order, those
/// that were never reached: they are `not yet`. A line of evidence that can't be read is passed over. Keys and errors
/// that a spreadsheet would take for a formula get an apostrophe in front.
///
/// Memory grows by two bits an item, and by the items that failed more than once.
///
/// # Errors
/// [`Failure::Plan`] when the plan can't be read back; [`Failure::Record`] when something can't be read or written.
pub fn csv(
    plan: Source,
    evidence: &dyn Fn() -> io::Result<Source>,
    into: &mut dyn Write,
) -> Result<(), Failure> {
    let mut states = States::default();
    read(evidence()?, &mut |line| {
        states.see(line);
        Ok(())
    })?;
    let mut csv = Writer::from_writer(into);
    let titles =
        ["key", "action", "result", "bytes", "removed", "version", "request", "tries", "reason", "line"];
    csv.write_record(titles).map_err(failed)?;
    read(evidence()?, &mut |line| {
        let Some(n) = line.n.filter(|n| states.is_last(*n, line.result)) else { return Ok(()) };
        let number = |n: u64| if n == 0 { String::new() } else { n.to_string() };
        csv.write_record([
            &text(&line.key),
            &*line.op,
            line.result.word(),
            &number(line.bytes),
            &number(line.removed),
            &text(line.version.as_deref().unwrap_or_default()),
            line.request_id.as_deref().unwrap_or_default(),
            &line.attempt.to_string(),
            &text(line.error.as_deref().unwrap_or_default()),
            &n.to_string(),
        ])
        .map_err(failed)
    })?;
    let mut body = Body::open(plan)?;
    while let Some(Item { key, op, .. }) = body.next()? {
        let n = body.line();
        if !states.reached(n) {
            let op = apply::op(&op);
            csv.write_record([&text(&key), op, "not yet", "", "", "", "", "0", "", &n.to_string()])
                .map_err(failed)?;
        }
    }
    Ok(csv.flush()?)
}

fn read(mut source: Source, each: &mut dyn FnMut(&Line<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut text = Vec::new();
    while source.read_until(b'\n', &mut text)? > 0 {
        if let Ok(line) = serde_json::from_slice::<Line<'_>>(&text) {
            each(&line)?;
        }
        text.clear();
    }
    Ok(())
}

/// Which lines of evidence are the last about their items.
#[derive(Default)]
struct States {
    settled: Lines,
    open: Lines,
    /// Items that came to nothing more than once: how often more.
    repeated: HashMap<u64, u32>,
    written: Lines,
}

impl States {
    fn see(&mut self, line: &Line<'_>) {
        let Some(n) = line.n.filter(|_| !line.result.is_passing()) else { return };
        if line.result.is_settled() {
            self.settled.insert(n);
        } else if !self.open.insert(n) {
            *self.repeated.entry(n).or_default() += 1;
        }
    }

    fn is_last(&mut self, n: u64, result: Word) -> bool {
        if result.is_passing() {
            return false;
        }
        if result.is_settled() {
            return self.written.insert(n);
        }
        if self.settled.contains(n) {
            return false;
        }
        match self.repeated.get_mut(&n) {
            Some(more @ 1..) => {
                *more -= 1;
                false
            }
            _ => self.written.insert(n),
        }
    }

    fn reached(&self, n: u64) -> bool {
        self.settled.contains(n) || self.open.contains(n)
    }
}

/// What the writer said; its own conversion loses the kind, and with it that a pipe was closed.
fn failed(error: csv::Error) -> Failure {
    Failure::Record(match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

/// What makes a spreadsheet take a cell for a formula; some take the wide forms for the narrow ones.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Free text as a cell: one that begins like a formula, even after blanks that a spreadsheet may drop, gets an
/// apostrophe in front.
fn text(cell: &str) -> std::borrow::Cow<'_, str> {
    let blank = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let formula = cell.starts_with(['\t', '\r', '\n']) || cell.trim_start_matches(blank).starts_with(FORMULA);
    if formula { format!("'{cell}").into() } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use super::super::fake::World;
    use super::super::{Extra, Ties};
    use super::*;
    use crate::port::PortErrorKind;

    fn opened(text: &str) -> Source {
        Box::new(io::Cursor::new(text.as_bytes().to_vec()))
    }

    fn table(plan: &str, evidence: &str) -> Vec<String> {
        let mut into = Vec::new();
        csv(opened(plan), &|| Ok(opened(evidence)), &mut into).unwrap();
        String::from_utf8(into).unwrap().lines().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn each_item_has_one_row_with_its_last_state() {
        let world = World::new();
        for key in ["=1+1", "a", "b", "c,\"d\""] {
            world.fake.put(key, b"good");
        }
        let before = world.fake.now();
        world.fake.pass(100);
        for key in ["=1+1", "a", "b", "c,\"d\""] {
            world.fake.delete(key);
        }
        world.fake.pass(100);
        let plan = world.plan(&world.target(before, Extra::Leave, Ties::Leave)).await.unwrap().1;
        assert_eq!(table(&plan, "").iter().filter(|row| row.contains("not yet")).count(), 4);
        let mut evidence = String::new();
        for kinds in [
            [PortErrorKind::Denied, PortErrorKind::Denied],
            [PortErrorKind::Unavailable, PortErrorKind::Denied],
        ] {
            world.fake.state().faults.insert("copy a".into(), vec![kinds[0]]);
            world.fake.state().faults.insert("copy b".into(), vec![kinds[1]]);
            evidence += &world.apply(&plan).await.1;
            *world.disk.earlier.lock().unwrap() = Some(evidence.clone().into_bytes());
        }
        let mut rows = table(&plan, &evidence);
        assert_eq!(rows.remove(0), "key,action,result,bytes,removed,version,request,tries,reason,line");
        rows.sort_by_key(|row| row.rsplit(',').next().map(str::to_owned));
        let made = |key: &str| world.fake.state().keys[key][0].id.clone();
        assert_eq!(
            rows,
            [
                format!("'=1+1,copy,restored,4,,{},R2,1,,2", made("=1+1")),
                format!("a,copy,restored,4,,{},R2,2,,3", made("a")),
                "b,copy,failed,,,,R1,1,copy on b failed: Denied (request R1). Try again.,4".to_owned(),
                format!("\"c,\"\"d\"\"\",copy,restored,4,,{},R2,1,,5", made("c,\"d\"")),
            ]
        );
    }
}
