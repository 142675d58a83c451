//! From what a review says to pages: headings, paragraphs and tables, one below the other.

use std::num::NonZeroU16;

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag};

use super::fonts::{Fonts, Style};
use super::page::{Colour, Op, Place, Shape, Tree};
use super::{BAD, BOTTOM, FAINT, GOOD, INK, LEFT, RULE, TOP, WIDTH};
use crate::review::sections::{Block, Column, Kind};
use crate::text::plain;

/// The size of text, and of a line of it.
pub(super) const TEXT: (f32, f32) = (9.5, 13.5);
/// The same in a table.
const CELL: (f32, f32) = (8.0, 11.0);
/// How wide a paragraph is.
const PROSE: f32 = 430.0;
/// Between columns.
const GAP: f32 = 8.0;

/// Pages that grow.
pub(super) struct Flow<'f> {
    pub(super) fonts: &'f Fonts,
    pub(super) pages: Vec<Vec<Op>>,
    pub(super) tree: Tree,
    /// The top level of the tree, in order.
    pub(super) top: Vec<Place>,
    /// How far down the last page is used.
    pub(super) y: f32,
}

/// A column, where it begins, and how wide it is.
type Placed = (Column, f32, f32);

/// A table that is being written.
pub(super) struct Table {
    columns: Vec<Placed>,
    place: Place,
}

impl<'f> Flow<'f> {
    pub(super) fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, pages: vec![Vec::new()], tree: Tree::default(), top: Vec::new(), y: TOP }
    }

    /// The page that is written on, from 0.
    pub(super) fn page(&self) -> usize {
        self.pages.len() - 1
    }

    pub(super) fn op(&mut self, place: Option<Place>, shape: Shape) {
        if let Some(page) = self.pages.last_mut() {
            page.push(Op { place, shape });
        }
    }

    pub(super) fn branch(&mut self, tag: impl Into<krilla::tagging::TagKind>) -> Place {
        let place = self.tree.add(None, tag);
        self.top.push(place);
        place
    }

    /// Goes on on a new page when less than this is left.
    pub(super) fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    pub(super) fn text(
        &mut self,
        place: Option<Place>,
        (x, y): (f32, f32),
        style: Style,
        size: f32,
        colour: Colour,
        text: &str,
    ) {
        self.op(place, Shape::Text { x, y, style, size, colour, text: text.to_owned() });
    }

    fn rule(&mut self, colour: Colour) {
        let (from, to) = ((LEFT, self.y), (LEFT + WIDTH, self.y));
        self.op(None, Shape::Line { from, to, width: 0.5, colour, dashed: false });
    }

    /// A heading, on a page with as much of what follows; where it stands comes back.
    pub(super) fn heading(&mut self, title: &str, follows: f32) -> (usize, f32) {
        self.need(47.0 + follows);
        self.y += if self.y > TOP { 20.0 } else { 0.0 };
        let at = (self.page(), self.y);
        let place = self.branch(Tag::Hn(NonZeroU16::MIN.saturating_add(1), Some(title.to_owned())));
        self.text(Some(place), (LEFT, self.y + 12.0), Style::Bold, 13.0, INK, title);
        self.y += 19.0;
        self.rule(RULE);
        self.y += 8.0;
        at
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        let place = self.branch(Tag::P);
        self.lines(place, LEFT, PROSE, Style::Regular, text);
        self.y += 7.0;
    }

    fn lines(&mut self, place: Place, x: f32, width: f32, style: Style, text: &str) {
        for line in self.fonts.lines(style, TEXT.0, &plain(text), width) {
            self.need(TEXT.1);
            self.text(Some(place), (x, self.y + TEXT.0), style, TEXT.0, INK, &line);
            self.y += TEXT.1;
        }
    }

    pub(super) fn items(&mut self, items: &[String]) {
        let list = self.branch(Tag::L(ListNumbering::Disc));
        for item in items {
            self.need(TEXT.1);
            let place = self.tree.add(Some(list), Tag::LI);
            let label = self.tree.add(Some(place), Tag::Lbl);
            self.text(Some(label), (LEFT + 2.0, self.y + TEXT.0), Style::Regular, TEXT.0, FAINT, "•");
            let body = self.tree.add(Some(place), Tag::LBody);
            self.lines(body, LEFT + 12.0, PROSE, Style::Regular, item);
            self.y += 3.0;
        }
        self.y += 4.0;
    }

    /// Names and values, in two columns if they are short.
    pub(super) fn facts(&mut self, facts: &[(&'static str, String)]) {
        let columns = if facts.iter().all(|(_, value)| value.chars().count() < 60) { 2 } else { 1 };
        let (width, name_width) = (WIDTH / columns as f32, if columns == 1 { 110.0 } else { 72.0 });
        let table = self.branch(Tag::Table);
        for pair in facts.chunks(columns) {
            let room = width - name_width - GAP * 2.0;
            let values =
                pair.iter().map(|(_, value)| self.fonts.lines(Style::Regular, CELL.0, &plain(value), room));
            let values: Vec<_> = values.collect();
            let most = values.iter().map(Vec::len).max().unwrap_or_default();
            self.need((most as f32 * CELL.1 + 5.0).min(BOTTOM - TOP));
            let row = self.tree.add(Some(table), Tag::TR);
            for (number, ((name, _), lines)) in pair.iter().zip(values).enumerate() {
                let x = LEFT + number as f32 * width;
                let head = self.tree.add(Some(row), Tag::TH(TableHeaderScope::Row));
                self.text(Some(head), (x, self.y + 3.0 + CELL.0), Style::Regular, CELL.0, FAINT, name);
                let cell = self.tree.add(Some(row), Tag::TD);
                for (line, text) in lines.iter().enumerate() {
                    let y = self.y + 3.0 + line as f32 * CELL.1 + CELL.0;
                    self.text(Some(cell), (x + name_width, y), Style::Regular, CELL.0, INK, text);
                }
            }
            self.y += most as f32 * CELL.1 + 5.0;
            self.rule(RULE);
        }
        self.y += 10.0;
    }

    /// How high a block that is no picture is, about, if it is to be kept on one page.
    pub(super) fn height(&self, block: &Block) -> f32 {
        let high = match block {
            Block::Text(text) => {
                self.fonts.lines(Style::Regular, TEXT.0, &plain(text), PROSE).len() as f32 * TEXT.1 + 7.0
            }
            Block::Table(table) => {
                let rows = table.rows.iter().map(|row| self.high(&placed(&table.columns), row));
                rows.sum::<f32>() + CELL.1 + 15.0
            }
            Block::Facts(facts) => facts.len() as f32 * 9.0 + 20.0,
            Block::Items(_) => TEXT.1 * 2.0,
            Block::Entries => CELL.1 * 6.0,
            Block::Picture(_) => 0.0,
            Block::Signature(_) => 74.0,
        };
        if high < (BOTTOM - TOP) * 0.55 { high } else { CELL.1 * 6.0 }
    }

    /// The lines of a row's cells.
    fn wrapped(&self, columns: &[Placed], row: &[String]) -> Vec<Vec<String>> {
        let cells = columns.iter().zip(row).map(|((column, _, width), text)| {
            self.fonts.lines(style(*column, text).0, CELL.0, &plain(text), *width)
        });
        cells.collect()
    }

    fn high(&self, columns: &[Placed], row: &[String]) -> f32 {
        let most = self.wrapped(columns, row).iter().map(Vec::len).max().unwrap_or_default();
        most as f32 * CELL.1 + 6.0
    }

    pub(super) fn table(&mut self, columns: &[Column]) -> Table {
        let columns = placed(columns);
        self.need(4.0 * CELL.1);
        let place = self.branch(Tag::Table);
        let table = Table { columns, place };
        let row = self.tree.add(Some(place), Tag::TR);
        self.head(&table, Some(row));
        table
    }

    /// The head of a table; on a page on which it goes on it is only there for the eye.
    fn head(&mut self, table: &Table, row: Option<Place>) {
        for (column, x, width) in &table.columns {
            let place = row.map(|row| self.tree.add(Some(row), Tag::TH(TableHeaderScope::Column)));
            let title = column.title;
            let x = self.start(*column, *x, *width, Style::Regular, title);
            self.text(place, (x, self.y + CELL.0), Style::Regular, CELL.0, FAINT, title);
        }
        self.y += CELL.1 + 3.0;
        self.rule(RULE);
    }

    fn start(&self, column: Column, x: f32, width: f32, style: Style, text: &str) -> f32 {
        let right = column.kind == Kind::Number;
        if right { x + width - self.fonts.width(style, CELL.0, text) } else { x }
    }

    /// A row. One that doesn't fit goes to the next page, or on to it if it is longer than that.
    pub(super) fn row(&mut self, table: &Table, row: &[String]) {
        let cells: Vec<_> = table.columns.iter().zip(row).collect();
        let wrapped = self.wrapped(&table.columns, row);
        let most = wrapped.iter().map(Vec::len).max().unwrap_or_default();
        let height = most as f32 * CELL.1 + 6.0;
        if self.y + height > BOTTOM && height < (BOTTOM - TOP) / 2.0 {
            self.go_on(table);
        }
        let tagged = self.tree.add(Some(table.place), Tag::TR);
        let places: Vec<_> = cells.iter().map(|_| self.tree.add(Some(tagged), Tag::TD)).collect();
        self.y += 3.0;
        for line in 0..most {
            if self.y + CELL.1 > BOTTOM {
                self.go_on(table);
                self.y += 3.0;
            }
            for (number, ((column, x, width), text)) in cells.iter().enumerate() {
                let Some(line) = wrapped[number].get(line) else { continue };
                let (style, colour) = style(*column, text);
                let x = self.start(*column, *x, *width, style, line.trim_end());
                self.text(Some(places[number]), (x, self.y + CELL.0), style, CELL.0, colour, line);
            }
            self.y += CELL.1;
        }
        self.y += 3.0;
        self.rule(RULE);
    }

    fn go_on(&mut self, table: &Table) {
        self.pages.push(Vec::new());
        self.y = TOP;
        self.head(table, None);
    }
}

/// Where the columns of a table begin, and how wide each is.
fn placed(columns: &[Column]) -> Vec<Placed> {
    let all: u32 = columns.iter().map(|column| column.share).sum();
    let mut x = LEFT;
    let columns = columns.iter().map(|column| {
        let width = WIDTH * column.share as f32 / all as f32;
        let placed = (*column, x, width - GAP);
        x += width;
        placed
    });
    columns.collect()
}

/// What a cell is set in.
fn style(column: Column, text: &str) -> (Style, Colour) {
    match column.kind {
        Kind::Code => (Style::Mono, INK),
        Kind::Verdict if text.starts_with("met") => (Style::Bold, GOOD),
        Kind::Verdict if text.starts_with("missed") => (Style::Bold, BAD),
        _ => (Style::Regular, INK),
    }
}
