//! The picture as SVG, inside of HTML; its colours are the style sheet's.

use std::io::{self, Write};

use crate::review::html::escaped;
use crate::review::paint::{Anchor, Item, Picture};

pub(crate) fn write(picture: &Picture, said: &str, out: &mut dyn Write) -> io::Result<()> {
    let Picture { width, height, items } = picture;
    writeln!(out, "<svg viewBox=\"0 0 {width} {height:.0}\" role=\"img\" aria-label=\"{}\">", escaped(said))?;
    for item in items {
        self::item(item, out)?;
    }
    writeln!(out, "</svg>")
}

fn item(item: &Item, out: &mut dyn Write) -> io::Result<()> {
    match item {
        Item::Rect { x, y, w, h, ink, outline: false } => writeln!(
            out,
            "<rect class=\"fill-{}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"1\"/>",
            ink.word()
        ),
        Item::Rect { x, y, w, h, ink, outline: true } => writeln!(
            out,
            "<rect class=\"open-{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"1\"/>",
            ink.word(),
            x + 0.5,
            y + 0.5,
            (w - 1.0).max(0.5),
            h - 1.0
        ),
        Item::Line { from, to, ink, dashed } => writeln!(
            out,
            "<line class=\"line-{}\"{} x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            ink.word(),
            if *dashed { " stroke-dasharray=\"2 3\"" } else { "" },
            from.0,
            from.1,
            to.0,
            to.1
        ),
        Item::Diamond { x, y, size, ink } => writeln!(
            out,
            "<path class=\"mark-{}\" d=\"M{:.1} {y:.1}L{x:.1} {:.1}L{:.1} {y:.1}L{x:.1} {:.1}Z\"/>",
            ink.word(),
            x - size,
            y - size,
            x + size,
            y + size
        ),
        Item::Disc { x, y, radius, ink, text } => writeln!(
            out,
            "<circle class=\"fill-{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/><text class=\"in-disc\" x=\"{x:.1}\" \
             y=\"{:.1}\">{}</text>",
            ink.word(),
            y + 3.5,
            escaped(text)
        ),
        Item::Text { x, y, size, bold, ink, anchor, text } => writeln!(
            out,
            "<text class=\"fill-{}{}\" x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\"{}>{}</text>",
            ink.word(),
            if *bold { " bold" } else { "" },
            if *anchor == Anchor::End { " text-anchor=\"end\"" } else { "" },
            escaped(text)
        ),
    }
}
