//! Positions in binary logs: where a restore to a moment ends.
//!
//! `mariadb-binlog --stop-datetime` would end at the first event of any kind from the moment on. Every log begins with
//! events about the log itself, which bear the time at which the log was begun; where the history of an exercise was
//! written within seconds, that is later than all of it. So the end is looked up here, among transactions alone, and
//! given as a position.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// The prefix of every log's name; a number follows.
pub(crate) const NAME: &str = "bin";

/// A place in the logs of a database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// The name of the log, such as `bin.000001`; they sort as they follow each other.
    pub(crate) log: String,
    /// Bytes into it.
    pub(crate) offset: u64,
}

impl Position {
    /// Reads what mariadb-backup notes of the moment of a backup: the log and the offset.
    pub(crate) fn noted(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        Some(Self { log: words.next()?.to_owned(), offset: words.next()?.parse().ok()? })
    }
}

/// A part of the logs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The logs in their order.
    pub(crate) logs: Vec<PathBuf>,
    /// Where it begins in the first.
    pub(crate) start: u64,
    /// Where it ends in the last.
    pub(crate) stop: u64,
}

impl Span {
    /// Everything from `from` on that was committed before the second of `before`.
    pub(crate) fn until(folder: &Path, from: &Position, before: Timestamp) -> io::Result<Self> {
        let mut names: Vec<String> = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<_>>()?;
        names.retain(|name| is_log(name) && *name >= from.log);
        names.sort();
        let mut span = Self { logs: Vec::new(), start: from.offset, stop: from.offset };
        for name in names {
            let path = folder.join(&name);
            let bytes = fs::read(&path)?;
            let begin = if name == from.log { from.offset } else { MAGIC };
            span.logs.push(path);
            let (stop, ended) = walk(&bytes, begin, before);
            span.stop = stop;
            if ended {
                break;
            }
        }
        Ok(span)
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.logs.is_empty() || (self.logs.len() == 1 && self.start == self.stop)
    }
}

fn is_log(name: &str) -> bool {
    let number = name.strip_prefix(NAME).and_then(|rest| rest.strip_prefix('.'));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The bytes before a log's first event.
const MAGIC: u64 = 4;
/// Of each event: seconds (4 bytes), type (1), server (4), length (4), where the next begins (4), flags (2).
const HEADER: usize = 19;
/// MariaDB's event that begins every transaction.
const TRANSACTION: u8 = 162;

/// The end of the last whole event before the first transaction of the second of `before` or later, and whether
/// there is such a transaction.
fn walk(log: &[u8], begin: u64, before: Timestamp) -> (u64, bool) {
    let mut at = usize::try_from(begin).unwrap_or(usize::MAX);
    while let Some(header) = log.get(at..).and_then(|rest| rest.first_chunk::<HEADER>()) {
        let number = |from: usize| {
            u32::from_le_bytes([header[from], header[from + 1], header[from + 2], header[from + 3]])
        };
        if header[4] == TRANSACTION && i64::from(number(0)) >= before.as_second() {
            return (at as u64, true);
        }
        // One that is being written is not there yet.
        let next = at + number(9) as usize;
        if next <= at || next > log.len() {
            break;
        }
        at = next;
    }
    (at as u64, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seconds: u32, kind: u8, body: usize) -> Vec<u8> {
        let mut bytes = seconds.to_le_bytes().to_vec();
        bytes.push(kind);
        bytes.extend([0; 4]);
        bytes.extend(u32::try_from(HEADER + body).unwrap().to_le_bytes());
        bytes.resize(HEADER + body, 0);
        bytes
    }

    #[test]
    fn it_ends_before_the_first_transaction_of_the_second_whatever_the_log_says_of_itself() {
        let now = event(9_000, 15, 5);
        let log =
            [vec![0; 4], now, event(100, TRANSACTION, 1), event(100, 16, 2), event(101, TRANSACTION, 1)]
                .concat();
        let second = |second| Timestamp::from_second(second).unwrap();
        let (first, third) = (4 + 24, 4 + 24 + 20 + 21);
        assert_eq!(walk(&log, 4, second(100)), (first, true));
        assert_eq!(walk(&log, 4, second(101)), (third, true));
        assert_eq!(walk(&log, 4, second(102)), (log.len() as u64, false));
        // A tail that is still being written does not count.
        assert_eq!(walk(&log[..log.len() - 1], 4, second(102)), (third, false));
        assert_eq!(walk(&log, 1_000, second(102)), (1_000, false));
    }

    #[test]
    fn the_note_of_a_backup_is_a_position() {
        let noted = Position::noted("bin.000002\t298162\t0-1-1000\n").unwrap();
        assert_eq!((noted.log.as_str(), noted.offset), ("bin.000002", 298_162));
        assert_eq!(Position::noted("bin.000002"), None);
    }
}
