//! The picture of the timeline, on a page.

use krilla::tagging::Tag;

use super::flow::Flow;
use super::fonts::Style;
use super::page::{Colour, Shape};
use super::{BAD, BOTTOM, FAINT, INK, LEFT, RULE, SOFT, TOP, WHITE, WIDTH};
use crate::review::paint::{Anchor, Ink, Item, Picture};

/// How much of a page is kept for what stands above the picture.
const ABOVE: f32 = 80.0;

fn scale(picture: &Picture) -> f32 {
    (WIDTH / picture.width as f32).min((BOTTOM - TOP - ABOVE) / picture.height as f32)
}

/// How high it will be.
pub(super) fn height(picture: &Picture) -> f32 {
    picture.height as f32 * scale(picture)
}

/// Draws it as wide as the text, or smaller when it would not fit a page.
pub(super) fn paint(flow: &mut Flow<'_>, picture: &Picture, said: &str) {
    let scale = scale(picture);
    flow.need(height(picture));
    let place = flow.branch(Tag::Figure(Some(said.to_owned())));
    let top = flow.y;
    let at = |x: f64, y: f64| (LEFT + x as f32 * scale, top + y as f32 * scale);
    let long = |length: f64| length as f32 * scale;
    for item in &picture.items {
        match item {
            Item::Rect { x, y, w, h, ink, outline } => {
                let (inside, edge) = (colour(*ink), outline.then(|| colour(*ink)));
                let colour = if *outline { ground(*ink) } else { inside };
                let (x, y) = at(*x, *y);
                flow.op(Some(place), Shape::Rect { x, y, w: long(*w), h: long(*h), colour, edge });
            }
            Item::Line { from, to, ink, dashed } => {
                let (from, to) = (at(from.0, from.1), at(to.0, to.1));
                let line = Shape::Line { from, to, width: 0.5, colour: colour(*ink), dashed: *dashed };
                flow.op(Some(place), line);
            }
            Item::Diamond { x, y, size, ink } => {
                let points = vec![at(x - size, *y), at(*x, y - size), at(x + size, *y), at(*x, y + size)];
                flow.op(Some(place), Shape::Path { points, colour: colour(*ink) });
            }
            Item::Disc { x, y, radius, ink, text } => {
                let (middle, size) = (at(*x, *y), long(10.0));
                let disc =
                    Shape::Disc { x: middle.0, y: middle.1, radius: long(*radius), colour: colour(*ink) };
                flow.op(Some(place), disc);
                let x = middle.0 - flow.fonts.width(Style::Bold, size, text) / 2.0;
                flow.text(Some(place), (x, middle.1 + size * 0.36), Style::Bold, size, WHITE, text);
            }
            Item::Text { x, y, size, bold, ink, anchor, text } => {
                let (style, size) = (if *bold { Style::Bold } else { Style::Regular }, long(*size));
                let text = crate::text::plain(text);
                let (mut x, y) = at(*x, *y);
                if *anchor == Anchor::End {
                    x -= flow.fonts.width(style, size, &text);
                }
                flow.text(Some(place), (x, y), style, size, colour(*ink), &text);
            }
        }
    }
    flow.y += picture.height as f32 * scale + 8.0;
}

fn colour(ink: Ink) -> Colour {
    match ink {
        Ink::Text => INK,
        Ink::Soft | Ink::Clock | Ink::Phase => SOFT,
        Ink::Faint | Ink::Wait => FAINT,
        Ink::Grid => RULE,
        Ink::Person => (0xb9, 0xc2, 0xcd),
        Ink::Action => (0x3f, 0x65, 0x93),
        Ink::Approval => (0x78, 0x4a, 0x00),
        Ink::Trouble => BAD,
    }
}

/// What an outline is filled with.
fn ground(ink: Ink) -> Colour {
    if ink == Ink::Approval { (0xfd, 0xf4, 0xe0) } else { WHITE }
}
