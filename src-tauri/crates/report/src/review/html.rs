//! The review as HTML: one file that needs no other, and runs nothing.

use std::io::{self, Write};

use journal::Journal;

use crate::ReportError;
use crate::review::sections::{Block, Column, ENTRIES, Kind, Section, Table};
use crate::review::{Banner, BannerTone, Review, svg};
use crate::text::plain;

const STYLE: &str = include_str!("review.css");

pub(crate) fn write(review: &Review, journal: &Journal, out: &mut dyn Write) -> Result<(), ReportError> {
    let title = escaped(&review.title());
    let mode = review.run.start().mode.word();
    let sections = review.sections();
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\" class=\"{mode}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<nav aria-label=\"Contents\"><ol>"
    )?;
    for Section { id, title, .. } in &sections {
        writeln!(out, "<li><a href=\"#{id}\">{title}</a></li>")?;
    }
    writeln!(out, "</ol></nav>\n<main>\n<header>")?;
    for banner in review.banners() {
        self::banner(&banner, out)?;
    }
    writeln!(out, "<h1>{title}</h1>\n</header>")?;
    for Section { id, title, blocks } in &sections {
        writeln!(
            out,
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>"
        )?;
        for block in blocks {
            self::block(review, journal, block, out)?;
        }
        writeln!(out, "</section>")?;
    }
    writeln!(out, "</main>\n</body>\n</html>")?;
    Ok(())
}

fn banner(banner: &Banner, out: &mut dyn Write) -> io::Result<()> {
    let class = match banner.tone {
        BannerTone::Mode(mode) => mode.word(),
        BannerTone::Alarm => "alarm",
        BannerTone::Plain => "plain",
    };
    let (word, text) = (escaped(&banner.word), escaped(&banner.text));
    writeln!(out, "<p class=\"banner {class}\"><strong>{word}</strong> <bdi>{text}</bdi></p>")
}

fn block(review: &Review, journal: &Journal, block: &Block, out: &mut dyn Write) -> Result<(), ReportError> {
    match block {
        Block::Text(text) => writeln!(out, "<p>{}</p>", escaped(text))?,
        Block::Items(items) => {
            writeln!(out, "<ul>")?;
            for item in items {
                writeln!(out, "<li><bdi>{}</bdi></li>", escaped(item))?;
            }
            writeln!(out, "</ul>")?;
        }
        Block::Facts(facts) => {
            writeln!(out, "<dl>")?;
            for (name, value) in facts {
                writeln!(out, "<div><dt>{name}</dt><dd><bdi>{}</bdi></dd></div>", escaped(value))?;
            }
            writeln!(out, "</dl>")?;
        }
        Block::Table(Table { columns, rows }) => {
            head("", columns, out)?;
            for row in rows {
                line(columns, row, out)?;
            }
            writeln!(out, "</tbody></table></div>")?;
        }
        Block::Picture(said) => {
            writeln!(out, "<figure>")?;
            svg::write(&review.picture(1000.0), said, out)?;
            writeln!(out, "<figcaption>{}</figcaption>\n</figure>", escaped(said))?;
        }
        Block::Entries => {
            head(" entries", &ENTRIES, out)?;
            review.rows(journal, &mut |row| Ok(line(&ENTRIES, &row.cells(), out)?))?;
            writeln!(out, "</tbody></table></div>")?;
        }
        Block::Signature(who) => writeln!(
            out,
            "<div class=\"signature\"><h3>{who}</h3><p>Name</p><p>Signature</p><p>Date</p></div>"
        )?,
    }
    Ok(())
}

fn head(class: &str, columns: &[Column], out: &mut dyn Write) -> io::Result<()> {
    let all: u32 = columns.iter().map(|column| column.share).sum();
    writeln!(out, "<div class=\"scroll\"><table class=\"table{class}\"><colgroup>")?;
    for column in columns {
        write!(out, "<col style=\"width:{:.1}%\">", f64::from(column.share) * 100.0 / f64::from(all))?;
    }
    write!(out, "</colgroup><thead><tr>")?;
    for column in columns {
        let class = if column.kind == Kind::Number { " class=\"number\"" } else { "" };
        write!(out, "<th scope=\"col\"{class}>{}</th>", escaped(column.title))?;
    }
    writeln!(out, "</tr></thead><tbody>")
}

fn line(columns: &[Column], row: &[String], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<tr>")?;
    for (column, text) in columns.iter().zip(row) {
        let class = match column.kind {
            Kind::Words => "",
            Kind::Code => " class=\"code\"",
            Kind::Number => " class=\"number\"",
            Kind::Time => " class=\"time\"",
            Kind::Verdict if text.starts_with("met") => " class=\"good\"",
            Kind::Verdict if text.starts_with("missed") => " class=\"bad\"",
            Kind::Verdict => "",
        };
        write!(out, "<td{class}><bdi>{}</bdi></td>", escaped(text))?;
    }
    writeln!(out, "</tr>")
}

/// Text that stays text, in an element and in an attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in plain(text).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}
