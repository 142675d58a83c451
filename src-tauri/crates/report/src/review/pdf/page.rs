//! Pages before they are written: what is drawn where, and what it is in the tree of tags.

use krilla::geom::{PathBuilder, Point, Rect};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TagGroup, TagKind};
use krilla::text::TextDirection;

use super::fonts::{Fonts, Piece, Style};

/// A colour.
pub(super) type Colour = (u8, u8, u8);

/// A place in the tree of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

/// Something that is drawn.
pub(super) struct Op {
    /// What it is part of; what is only there for the eye has none.
    pub(super) place: Option<Place>,
    pub(super) shape: Shape,
}

/// What is drawn. Places are in points from the top left.
pub(super) enum Shape {
    /// `y` is the line that the letters stand on.
    Text {
        x: f32,
        y: f32,
        style: Style,
        size: f32,
        colour: Colour,
        text: String,
    },
    Rect {
        x: f32,
        y: f32,
        w: f32,
        h: f32,
        colour: Colour,
        edge: Option<Colour>,
    },
    Line {
        from: (f32, f32),
        to: (f32, f32),
        width: f32,
        colour: Colour,
        dashed: bool,
    },
    Path {
        points: Vec<(f32, f32)>,
        colour: Colour,
    },
    Disc {
        x: f32,
        y: f32,
        radius: f32,
        colour: Colour,
    },
}

/// The tree of tags, while it grows.
#[derive(Default)]
pub(super) struct Tree(Vec<Branch>);

struct Branch {
    tag: TagKind,
    children: Vec<Child>,
}

enum Child {
    Branch(Place),
    Leaf(Identifier),
}

impl Tree {
    /// A tag at the end of another, or of the document.
    pub(super) fn add(&mut self, parent: Option<Place>, tag: impl Into<TagKind>) -> Place {
        let place = Place(self.0.len());
        self.0.push(Branch { tag: tag.into(), children: Vec::new() });
        if let Some(Place(parent)) = parent {
            self.0[parent].children.push(Child::Branch(place));
        }
        place
    }

    pub(super) fn leaf(&mut self, Place(place): Place, leaf: Identifier) {
        self.0[place].children.push(Child::Leaf(leaf));
    }

    /// A tag with all that is below it.
    pub(super) fn group(&mut self, Place(place): Place) -> TagGroup {
        let children = std::mem::take(&mut self.0[place].children);
        let children = children.into_iter().map(|child| match child {
            Child::Branch(place) => Node::Group(self.group(place)),
            Child::Leaf(leaf) => Node::Leaf(leaf),
        });
        let children = children.collect();
        TagGroup::with_children(self.0[place].tag.clone(), children)
    }
}

/// Draws a page.
pub(super) fn draw(surface: &mut Surface<'_>, fonts: &Fonts, ops: &[Op], tree: &mut Tree) {
    let mut at = 0;
    while let Some(first) = ops.get(at) {
        let run = ops[at..].iter().take_while(|op| op.place == first.place).count();
        let tag = match first.place {
            None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
            Some(_) if run == 1 => ContentTag::Span(SpanTag::empty()),
            Some(_) => ContentTag::Other,
        };
        let leaf = surface.start_tagged(tag);
        ops[at..at + run].iter().for_each(|op| shape(surface, fonts, &op.shape));
        surface.end_tagged();
        if let Some(place) = first.place {
            tree.leaf(place, leaf);
        }
        at += run;
    }
}

fn shape(surface: &mut Surface<'_>, fonts: &Fonts, shape: &Shape) {
    match shape {
        Shape::Text { x, y, style, size, colour, text } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*colour)));
            let mut x = *x;
            for Piece { font, width, text, glyphs } in fonts.pieces(*style, text) {
                let at = Point::from_xy(x, *y);
                match glyphs {
                    Some(glyphs) => surface.draw_glyphs(at, &glyphs, font, text, *size, false),
                    None => surface.draw_text(at, font, *size, text, false, TextDirection::Auto),
                }
                x += width * size;
            }
        }
        Shape::Rect { x, y, w, h, colour, edge } => {
            let Some(rect) = Rect::from_xywh(*x, *y, *w, *h) else { return };
            let mut path = PathBuilder::new();
            path.push_rect(rect);
            paint(surface, path, Some(*colour), edge.map(|edge| stroke(edge, 0.6, false)));
        }
        Shape::Line { from, to, width, colour, dashed } => {
            let mut path = PathBuilder::new();
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
            paint(surface, path, None, Some(stroke(*colour, *width, *dashed)));
        }
        Shape::Path { points, colour } => {
            let mut path = PathBuilder::new();
            for (number, (x, y)) in points.iter().enumerate() {
                if number == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
            }
            path.close();
            paint(surface, path, Some(*colour), None);
        }
        Shape::Disc { x, y, radius, colour } => {
            // A circle of four curves.
            let (r, k) = (*radius, radius * 0.552_285);
            let mut path = PathBuilder::new();
            path.move_to(x + r, *y);
            path.cubic_to(x + r, y + k, x + k, y + r, *x, y + r);
            path.cubic_to(x - k, y + r, x - r, y + k, x - r, *y);
            path.cubic_to(x - r, y - k, x - k, y - r, *x, y - r);
            path.cubic_to(x + k, y - r, x + r, y - k, x + r, *y);
            path.close();
            paint(surface, path, Some(*colour), None);
        }
    }
}

fn paint(surface: &mut Surface<'_>, path: PathBuilder, inside: Option<Colour>, edge: Option<Stroke>) {
    let Some(path) = path.finish() else { return };
    surface.set_fill(inside.map(fill));
    surface.set_stroke(edge);
    surface.draw_path(&path);
}

fn fill((red, green, blue): Colour) -> Fill {
    let paint = krilla::color::rgb::Color::new(red, green, blue).into();
    Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn stroke((red, green, blue): Colour, width: f32, dashed: bool) -> Stroke {
    let paint = krilla::color::rgb::Color::new(red, green, blue).into();
    let dash = dashed.then(|| StrokeDash { array: vec![1.5, 2.0], offset: 0.0 });
    Stroke { paint, width, dash, ..Stroke::default() }
}
