//! The review as markdown.

use std::io::Write;

use journal::Journal;

use crate::ReportError;
use crate::markdown::cell;
use crate::review::Review;
use crate::review::sections::{Block, Column, ENTRIES, Kind, Section, Table};

pub(crate) fn write(review: &Review, journal: &Journal, out: &mut dyn Write) -> Result<(), ReportError> {
    writeln!(out, "# {}", cell(&review.title()))?;
    for banner in review.banners() {
        writeln!(out, "\n> **{}**: {}", cell(&banner.word.to_uppercase()), cell(&banner.text))?;
    }
    for Section { title, blocks, .. } in review.sections() {
        writeln!(out, "\n## {title}")?;
        for block in blocks {
            writeln!(out)?;
            self::block(review, journal, &block, out)?;
        }
    }
    Ok(())
}

fn block(review: &Review, journal: &Journal, block: &Block, out: &mut dyn Write) -> Result<(), ReportError> {
    match block {
        Block::Text(text) | Block::Picture(text) => writeln!(out, "{}", begun(text))?,
        Block::Items(items) => {
            for item in items {
                writeln!(out, "- {}", begun(item))?;
            }
        }
        Block::Facts(facts) => {
            writeln!(out, "| | |\n|---|---|")?;
            for (name, value) in facts {
                writeln!(out, "| {name} | {} |", cell(value))?;
            }
        }
        Block::Table(Table { columns, rows }) => {
            head(columns, out)?;
            for row in rows {
                line(columns, row, out)?;
            }
        }
        Block::Entries => {
            head(&ENTRIES, out)?;
            review.rows(journal, &mut |row| Ok(line(&ENTRIES, &row.cells(), out)?))?;
        }
        Block::Signature(who) => {
            writeln!(out, "| {who} | |\n|---|---|\n| Name | |\n| Signature | |\n| Date | |")?;
        }
    }
    Ok(())
}

fn head(columns: &[Column], out: &mut dyn Write) -> std::io::Result<()> {
    write!(out, "|")?;
    for column in columns {
        write!(out, " {} |", cell(column.title))?;
    }
    write!(out, "\n|")?;
    for column in columns {
        write!(out, "{}", if column.kind == Kind::Number { "---:|" } else { "---|" })?;
    }
    writeln!(out)
}

fn line(columns: &[Column], row: &[String], out: &mut dyn Write) -> std::io::Result<()> {
    write!(out, "|")?;
    for (column, text) in columns.iter().zip(row) {
        // Nothing that a digest or an id is made of needs to be kept from being markup inside code.
        match column.kind {
            Kind::Code => write!(out, " `{text}` |")?,
            _ => write!(out, " {} |", cell(text))?,
        }
    }
    writeln!(out)
}

/// Text that stays text at the beginning of a line too, where a number or a dash would begin a list.
fn begun(text: &str) -> String {
    let cell = cell(text.trim());
    let digits = cell.bytes().take_while(u8::is_ascii_digit).count();
    match cell.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => format!("{}\\{}", &cell[..digits], &cell[digits..]),
        Some(b'-' | b'+' | b'=') if digits == 0 => format!("\\{cell}"),
        _ => cell,
    }
}
