//! The review as PDF: set here, and written by krilla, which tags it and embeds the fonts it needs.
//!
//! Typst was tried, and rejected for what it costs: 158 more crates and five minutes more of building, for what are
//! headings, paragraphs and tables. Nothing that a person typed is ever read as markup, since there is none.

mod flow;
mod fonts;
mod page;
mod paint;

use std::io::Write;

use jiff::tz::Offset;
use journal::Journal;
use krilla::Document;
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::destination::XyzDestination;
use krilla::geom::{Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::tagging::{Node, Tag, TagTree};

use self::flow::{Flow, TEXT};
use self::fonts::{Fonts, Style};
use self::page::{Colour, Place, Shape, draw};
use crate::ReportError;
use crate::review::sections::{Block, ENTRIES, Section};
use crate::review::{Banner, BannerTone, Review};
use crate::text::plain;
use run::Mode;

/// A4, in points.
const PAGE: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 48.0;
const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;
const TOP: f32 = 52.0;
const BOTTOM: f32 = PAGE.1 - 54.0;

/// How wide the picture is drawn: less than in a window, so that its words are as large as those of a table.
const PICTURE: f64 = 700.0;

/// The window's colours (ui/src/styles/tokens.css), in the light.
const INK: Colour = (0x14, 0x18, 0x1d);
const SOFT: Colour = (0x45, 0x4d, 0x57);
const FAINT: Colour = (0x59, 0x62, 0x6d);
const RULE: Colour = (0xd9, 0xdd, 0xe3);
const SUNKEN: Colour = (0xee, 0xf0, 0xf3);
const WHITE: Colour = (0xff, 0xff, 0xff);
const GOOD: Colour = (0x14, 0x63, 0x3a);
const BAD: Colour = (0xa8, 0x22, 0x1a);
const BAD_GROUND: Colour = (0xfc, 0xef, 0xed);

/// A line of the contents, until the page of its section is known.
struct Content {
    link: Place,
    x: f32,
    y: f32,
    width: f32,
    title: &'static str,
}

pub(crate) fn write(review: &Review, journal: &Journal, out: &mut dyn Write) -> Result<(), ReportError> {
    let fonts = Fonts::new()?;
    let mut flow = Flow::new(&fonts);
    let sections = review.sections();
    title(&mut flow, review);
    let contents = contents(&mut flow, &sections);
    let mut found = Vec::new();
    for Section { title, blocks, .. } in &sections {
        // A heading stands with what it is the heading of.
        let with = if matches!(blocks.first(), Some(Block::Text(_))) { 2 } else { 1 };
        let first: f32 = blocks.iter().take(with).map(|block| height(&flow, review, block)).sum();
        found.push(flow.heading(title, first));
        for block in blocks {
            flow.need(height(&flow, review, block));
            self::block(&mut flow, review, journal, block)?;
        }
    }
    for (content, (page, _)) in contents.iter().zip(&found) {
        let number = (page + 1).to_string();
        let x = content.x + content.width - fonts.width(Style::Regular, TEXT.0, &number);
        let text =
            Shape::Text { x, y: content.y, style: Style::Regular, size: TEXT.0, colour: FAINT, text: number };
        if let Some(first) = flow.pages.first_mut() {
            first.push(page::Op { place: Some(content.link), shape: text });
        }
    }
    let bytes = finish(flow, review, &contents, &found)?;
    out.write_all(&bytes)?;
    Ok(())
}

/// How much of a page a block wants.
fn height(flow: &Flow<'_>, review: &Review, block: &Block) -> f32 {
    match block {
        Block::Picture(_) => paint::height(&review.picture(PICTURE)),
        block => flow.height(block),
    }
}

fn title(flow: &mut Flow<'_>, review: &Review) {
    for banner in review.banners() {
        self::banner(flow, &banner);
    }
    flow.y += 14.0;
    let place = flow.branch(Tag::Hn(std::num::NonZeroU16::MIN, Some(plain(&review.title()))));
    for line in flow.fonts.lines(Style::Bold, 20.0, &plain(&review.title()), WIDTH) {
        flow.need(26.0);
        flow.text(Some(place), (LEFT, flow.y + 20.0), Style::Bold, 20.0, INK, &line);
        flow.y += 26.0;
    }
}

/// The ground and the ink of a banner.
fn colours(tone: BannerTone) -> (Colour, Colour) {
    match tone {
        BannerTone::Mode(Mode::Incident) => ((0xb3, 0x26, 0x1e), WHITE),
        BannerTone::Mode(Mode::Rehearsal) => ((0xf0, 0xb4, 0x29), (0x24, 0x17, 0x00)),
        BannerTone::Mode(Mode::Exercise) => ((0x1c, 0x5f, 0xb8), WHITE),
        BannerTone::Alarm => (BAD_GROUND, BAD),
        BannerTone::Plain => (SUNKEN, INK),
    }
}

fn banner(flow: &mut Flow<'_>, banner: &Banner) {
    let (ground, ink) = colours(banner.tone);
    let word = plain(&banner.word.to_uppercase());
    let room = flow.fonts.width(Style::Bold, 9.0, &word) + 10.0;
    let lines = flow.fonts.lines(Style::Regular, 9.0, &plain(&banner.text), WIDTH - room - 20.0);
    let place = flow.branch(Tag::P);
    let mut first = true;
    for line in &lines {
        flow.need(22.0);
        let h = if lines.len() == 1 { 22.0 } else { 15.0 };
        flow.op(None, Shape::Rect { x: LEFT, y: flow.y, w: WIDTH, h, colour: ground, edge: None });
        let y = flow.y + h / 2.0 + 3.2;
        if std::mem::take(&mut first) {
            flow.text(Some(place), (LEFT + 10.0, y), Style::Bold, 9.0, ink, &format!("{word} "));
        }
        flow.text(Some(place), (LEFT + 10.0 + room, y), Style::Regular, 9.0, ink, line);
        flow.y += h;
    }
    flow.y += 4.0;
}

/// The contents, in two columns.
fn contents(flow: &mut Flow<'_>, sections: &[Section]) -> Vec<Content> {
    flow.y += 12.0;
    let toc = flow.branch(Tag::TOC);
    let half = sections.len().div_ceil(2);
    let column = (WIDTH - 32.0) / 2.0;
    let lines = sections.iter().enumerate().map(|(number, Section { title, .. })| {
        let item = flow.tree.add(Some(toc), Tag::TOCI);
        let reference = flow.tree.add(Some(item), Tag::Reference);
        let link = flow.tree.add(Some(reference), Tag::Link);
        let x = LEFT + if number < half { 0.0 } else { column + 32.0 };
        let y = flow.y + (number % half) as f32 * 15.0 + TEXT.0;
        flow.text(Some(link), (x, y), Style::Regular, TEXT.0, INK, &format!("{title} "));
        let from = (x + flow.fonts.width(Style::Regular, TEXT.0, title) + 6.0, y - 1.0);
        let to = (x + column - 16.0, y - 1.0);
        flow.op(None, Shape::Line { from, to, width: 0.4, colour: RULE, dashed: true });
        Content { link, x, y, width: column, title }
    });
    let lines = lines.collect();
    flow.y += half as f32 * 15.0;
    lines
}

fn block(flow: &mut Flow<'_>, review: &Review, journal: &Journal, block: &Block) -> Result<(), ReportError> {
    match block {
        Block::Text(text) => flow.paragraph(text),
        Block::Items(items) => flow.items(items),
        Block::Facts(facts) => flow.facts(facts),
        Block::Table(table) => {
            let begun = flow.table(&table.columns);
            table.rows.iter().for_each(|row| flow.row(&begun, row));
            flow.y += 12.0;
        }
        Block::Picture(said) => {
            paint::paint(flow, &review.picture(PICTURE), said);
            flow.paragraph(said);
        }
        Block::Entries => {
            let begun = flow.table(&ENTRIES);
            review.rows(journal, &mut |row| {
                flow.row(&begun, &row.cells());
                Ok(())
            })?;
            flow.y += 12.0;
        }
        Block::Signature(who) => signature(flow, who),
    }
    Ok(())
}

fn signature(flow: &mut Flow<'_>, who: &str) {
    flow.need(74.0);
    let place = flow.branch(Tag::P);
    flow.text(Some(place), (LEFT, flow.y + TEXT.0), Style::Bold, TEXT.0, INK, &format!("{who} "));
    flow.y += 46.0;
    let third = (WIDTH - 32.0) / 3.0;
    for (number, what) in ["Name ", "Signature ", "Date "].into_iter().enumerate() {
        let x = LEFT + number as f32 * (third + 16.0);
        let (from, to) = ((x, flow.y), (x + third, flow.y));
        flow.op(None, Shape::Line { from, to, width: 0.6, colour: FAINT, dashed: false });
        flow.text(Some(place), (x, flow.y + 11.0), Style::Regular, 8.0, FAINT, what);
    }
    flow.y += 28.0;
}

/// Writes the pages, with the mode at the top of each and its number below.
fn finish(
    mut flow: Flow<'_>,
    review: &Review,
    contents: &[Content],
    found: &[(usize, f32)],
) -> Result<Vec<u8>, ReportError> {
    let failed = |why: &dyn std::fmt::Display| ReportError::Pdf(why.to_string());
    let settings = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| failed(&"a page has no size"))?;
    let mut document = Document::new();
    let pages = std::mem::take(&mut flow.pages);
    let all = pages.len();
    let mode = review.run.start().mode;
    let (ground, _) = colours(BannerTone::Mode(mode));
    let name = format!("{} · {}", plain(&review.title()), review.run.id());
    let name =
        flow.fonts.lines(Style::Regular, 7.5, &name, WIDTH - 140.0).into_iter().next().unwrap_or_default();
    for (number, mut ops) in pages.into_iter().enumerate() {
        let frame = Shape::Rect { x: 0.0, y: 0.0, w: PAGE.0, h: 5.0, colour: ground, edge: None };
        let foot = format!("{} · page {} of {all}", mode.word(), number + 1);
        let x = LEFT + WIDTH - flow.fonts.width(Style::Regular, 7.5, &foot);
        let text = |x, text| Shape::Text {
            x,
            y: PAGE.1 - 28.0,
            style: Style::Regular,
            size: 7.5,
            colour: FAINT,
            text,
        };
        for shape in [frame, text(LEFT, name.clone()), text(x, foot)] {
            ops.push(page::Op { place: None, shape });
        }
        let mut page = document.start_page_with(settings.clone());
        let mut surface = page.surface();
        draw(&mut surface, flow.fonts, &ops, &mut flow.tree);
        surface.finish();
        if number == 0 {
            for (content, (page_index, y)) in contents.iter().zip(found) {
                let target = XyzDestination::new(*page_index, Point::from_xy(0.0, (y - 12.0).max(0.0)));
                let Some(rect) = Rect::from_xywh(content.x, content.y - TEXT.0, content.width, TEXT.1) else {
                    continue;
                };
                let link = LinkAnnotation::new(rect, Target::Destination(target.into()));
                let annotation = Annotation::new_link(link, Some(content.title.to_owned()));
                let leaf = page.add_tagged_annotation(annotation);
                flow.tree.leaf(content.link, leaf);
            }
        }
        page.finish();
    }
    let mut outline = Outline::new();
    for (content, (page, y)) in contents.iter().zip(found) {
        let target = XyzDestination::new(*page, Point::from_xy(0.0, (y - 12.0).max(0.0)));
        outline.push_child(OutlineNode::new(content.title.to_owned(), target));
    }
    document.set_outline(outline);
    let top = std::mem::take(&mut flow.top);
    let tree: Vec<Node> = top.into_iter().map(|place| Node::Group(flow.tree.group(place))).collect();
    document.set_tag_tree(TagTree::from(tree).with_lang(Some("en".to_owned())));
    document.set_metadata(metadata(review));
    document.finish().map_err(|why| failed(&why))
}

fn metadata(review: &Review) -> Metadata {
    // The time of the last entry: the same run makes the same file.
    let last = Offset::UTC.to_datetime(review.run.last());
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    let date = DateTime::new(u16::try_from(last.year()).unwrap_or_default())
        .month(part(last.month()))
        .day(part(last.day()))
        .hour(part(last.hour()))
        .minute(part(last.minute()))
        .second(part(last.second()));
    Metadata::new()
        .title(plain(&review.title()))
        .language("en".to_owned())
        .creator(format!("Lifeboat {}", env!("CARGO_PKG_VERSION")))
        .creation_date(date)
}
