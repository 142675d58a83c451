//! From what a review says to pages: headings, paragraphs and tables, one below the other.

use std::num::NonZeroU16;

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag};

use super::fonts::{Fonts, Style};
use super::page::{Colour, Op, Place, Shape, Tree};
use super::{BAD, BOTTOM, FAINT, GOOD, INK, LEFT, RULE, TOP, WIDTH};
use crate::review::sections::{Column, Kind};
use crate::text::plain;

/// The size of text, and of a line of it.
pub(super) const TEXT: (f32, f32) = (9.5, 13.5);
/// The same in a table.
const CELL: (f32, f32) = (8.0, 11.0);
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

/// A table that is being written.
pub(super) struct Table {
    columns: Vec<(Column, f32, f32)>,
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

    /// A heading; where it stands comes back.
    pub(super) fn heading(&mut self, title: &str) -> (usize, f32) {
        self.need(80.0);
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
        self.lines(place, LEFT, WIDTH.min(430.0), Style::Regular, text);
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
            self.lines(body, LEFT + 12.0, WIDTH.min(430.0), Style::Regular, item);
            self.y += 3.0;
        }
        self.y += 4.0;
    }

    /// Names and values.
    pub(super) fn facts(&mut self, facts: &[(&'static str, String)]) {
        let table = self.branch(Tag::Table);
        for (name, value) in facts {
            let row = self.tree.add(Some(table), Tag::TR);
            let head = self.tree.add(Some(row), Tag::TH(TableHeaderScope::Row));
            let cell = self.tree.add(Some(row), Tag::TD);
            self.need(CELL.1 + 5.0);
            self.y += 3.0;
            self.text(Some(head), (LEFT, self.y + CELL.0), Style::Regular, CELL.0, FAINT, name);
            for line in self.fonts.lines(Style::Regular, CELL.0, &plain(value), WIDTH - 110.0) {
                self.need(CELL.1);
                self.text(Some(cell), (LEFT + 110.0, self.y + CELL.0), Style::Regular, CELL.0, INK, &line);
                self.y += CELL.1;
            }
            self.y += 2.0;
            self.rule(RULE);
        }
        self.y += 10.0;
    }

    pub(super) fn table(&mut self, columns: &[Column]) -> Table {
        let all: u32 = columns.iter().map(|column| column.share).sum();
        let mut x = LEFT;
        let columns = columns.iter().map(|column| {
            let width = WIDTH * column.share as f32 / all as f32;
            let placed = (*column, x, width - GAP);
            x += width;
            placed
        });
        let columns = columns.collect();
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
        let style = |column: &Column, text: &str| match column.kind {
            Kind::Code => (Style::Mono, INK),
            Kind::Verdict if text.starts_with("met") => (Style::Bold, GOOD),
            Kind::Verdict if text.starts_with("missed") => (Style::Bold, BAD),
            _ => (Style::Regular, INK),
        };
        let cells: Vec<_> = table.columns.iter().zip(row).collect();
        let wrapped = cells.iter().map(|((column, _, width), text)| {
            let (style, _) = style(column, text);
            // Digests are long: a size smaller spares them a line.
            self.fonts.lines(style, CELL.0, &plain(text), *width)
        });
        let wrapped: Vec<Vec<String>> = wrapped.collect();
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
                let (style, colour) = style(column, text);
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
