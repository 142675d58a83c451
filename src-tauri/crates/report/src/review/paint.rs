//! What a picture is made of.

use serde::Serialize;

/// A picture, in units of which it is about a thousand wide.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Picture {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) items: Vec<Item>,
}

/// One shape. Later ones lie on top.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "shape", rename_all = "lowercase")]
pub(crate) enum Item {
    Rect {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
        ink: Ink,
        outline: bool,
    },
    Line {
        from: (f64, f64),
        to: (f64, f64),
        ink: Ink,
        dashed: bool,
    },
    Diamond {
        x: f64,
        y: f64,
        size: f64,
        ink: Ink,
    },
    /// A filled circle with a number in it.
    Disc {
        x: f64,
        y: f64,
        radius: f64,
        ink: Ink,
        text: String,
    },
    /// `y` is the line that the letters stand on.
    Text {
        x: f64,
        y: f64,
        size: f64,
        bold: bool,
        ink: Ink,
        anchor: Anchor,
        text: String,
    },
}

impl Item {
    pub(crate) fn text(x: f64, y: f64, size: f64, ink: Ink, text: String) -> Self {
        Self::Text { x, y, size, bold: false, ink, anchor: Anchor::Start, text }
    }
}

/// Which side of a text its place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Anchor {
    Start,
    End,
}

/// What a shape is drawn for; each writer gives it a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ink {
    Text,
    Soft,
    Faint,
    Grid,
    Clock,
    Phase,
    Person,
    Action,
    Approval,
    Wait,
    Trouble,
}

impl Ink {
    /// The word for it in a style sheet.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Soft => "soft",
            Self::Faint => "faint",
            Self::Grid => "grid",
            Self::Clock => "clock",
            Self::Phase => "phase",
            Self::Person => "person",
            Self::Action => "action",
            Self::Approval => "approval",
            Self::Wait => "wait",
            Self::Trouble => "trouble",
        }
    }
}
