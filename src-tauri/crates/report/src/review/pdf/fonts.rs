//! The fonts of the PDF, how wide text is in them, and where its lines break.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use ttf_parser::Face;

use crate::ReportError;

/// What a text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Regular,
    Bold,
    /// Digests and ids.
    Mono,
}

/// A font, to draw with and to measure.
struct Cut {
    font: Font,
    face: Face<'static>,
    /// The letters that most texts are made of, looked up once.
    latin: Vec<Option<(u16, f32)>>,
    /// What stands for a letter that isn't there.
    missing: (u16, f32),
}

/// A piece of a line that is in one font.
pub(super) struct Piece<'t> {
    pub(super) font: Font,
    /// How wide, at a size of 1.
    pub(super) width: f32,
    pub(super) text: &'t str,
    /// Its glyphs; `None` for scripts whose letters have to be fitted together.
    pub(super) glyphs: Option<Vec<KrillaGlyph>>,
}

/// All of them: Inter, as the window has it, a mono for digests, and one for the letters that Inter lacks.
pub(super) struct Fonts {
    regular: Cut,
    bold: Cut,
    mono: Cut,
    other: Cut,
}

impl Cut {
    fn new(bytes: &'static [u8]) -> Result<Self, ReportError> {
        let failed = || ReportError::Pdf("a font of the program can't be read".to_owned());
        let font = Font::new(bytes.into(), 0).ok_or_else(failed)?;
        let face = Face::parse(bytes, 0).map_err(|_| failed())?;
        let latin = ('\0'..'\u{250}').map(|letter| look_up(&face, letter)).collect();
        let missing = (0, advance(&face, ttf_parser::GlyphId(0)));
        Ok(Self { font, face, latin, missing })
    }

    fn has(&self, letter: char) -> bool {
        self.find(letter).is_some()
    }

    /// A letter's glyph, and how wide it is at a size of 1.
    fn find(&self, letter: char) -> Option<(u16, f32)> {
        match self.latin.get(letter as usize) {
            Some(known) => *known,
            None => look_up(&self.face, letter),
        }
    }

    /// A glyph for every letter, one after the other.
    fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyphs = text.char_indices().map(|(at, letter)| {
            let (glyph, advance) = self.find(letter).unwrap_or(self.missing);
            let range = at..at + letter.len_utf8();
            KrillaGlyph::new(GlyphId::new(glyph.into()), advance, 0.0, 0.0, 0.0, range, None)
        });
        glyphs.collect()
    }

    fn advance(&self, letter: char) -> f32 {
        self.find(letter).unwrap_or(self.missing).1
    }
}

fn look_up(face: &Face<'_>, letter: char) -> Option<(u16, f32)> {
    let glyph = face.glyph_index(letter)?;
    Some((glyph.0, advance(face, glyph)))
}

fn advance(face: &Face<'_>, glyph: ttf_parser::GlyphId) -> f32 {
    f32::from(face.glyph_hor_advance(glyph).unwrap_or_default()) / f32::from(face.units_per_em())
}

impl Fonts {
    pub(super) fn new() -> Result<Self, ReportError> {
        Ok(Self {
            regular: Cut::new(include_bytes!("../../../fonts/Inter-Regular.ttf"))?,
            bold: Cut::new(include_bytes!("../../../fonts/Inter-SemiBold.ttf"))?,
            mono: Cut::new(include_bytes!("../../../fonts/DejaVuSansMono.ttf"))?,
            other: Cut::new(include_bytes!("../../../fonts/DejaVuSans.ttf"))?,
        })
    }

    fn of(&self, style: Style) -> &Cut {
        match style {
            Style::Regular => &self.regular,
            Style::Bold => &self.bold,
            Style::Mono => &self.mono,
        }
    }

    fn cut(&self, style: Style, letter: char) -> &Cut {
        let own = self.of(style);
        if own.has(letter) || !self.other.has(letter) { own } else { &self.other }
    }

    /// How wide a text is.
    pub(super) fn width(&self, style: Style, size: f32, text: &str) -> f32 {
        text.chars().map(|letter| self.cut(style, letter).advance(letter)).sum::<f32>() * size
    }

    /// A line in pieces, each of one font.
    pub(super) fn pieces<'t>(&self, style: Style, text: &'t str) -> Vec<Piece<'t>> {
        let mut pieces: Vec<(bool, usize)> = Vec::new();
        for (at, letter) in text.char_indices() {
            let own = self.of(style).has(letter) || !self.other.has(letter);
            // A blank between words of another script belongs to them, one after them does not: it has no direction.
            let inside =
                letter == ' ' && text[at..].trim_start().starts_with(|next| !self.of(style).has(next));
            match pieces.last() {
                Some((last, _)) if *last == own || (!*last && inside) => {}
                _ => pieces.push((own, at)),
            }
        }
        let ends = pieces.iter().skip(1).map(|(_, at)| *at).chain([text.len()]);
        let pieces = pieces.iter().zip(ends).map(|((own, from), to)| {
            let cut = if *own { self.of(style) } else { &self.other };
            let text = &text[*from..to];
            let width = text.chars().map(|letter| cut.advance(letter)).sum::<f32>();
            Piece { font: cut.font.clone(), width, text, glyphs: own.then(|| cut.glyphs(text)) }
        });
        pieces.collect()
    }

    /// A text in lines of at most `width`: broken between words, and inside one that is too long for a line.
    pub(super) fn lines(&self, style: Style, size: f32, text: &str, width: f32) -> Vec<String> {
        let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0.0);
        for word in text.split_inclusive(' ') {
            let needs = self.width(style, size, word.trim_end_matches(' '));
            if used + needs > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            if needs <= width {
                line.push_str(word);
                used += self.width(style, size, word);
                continue;
            }
            for letter in word.chars() {
                let needs = self.cut(style, letter).advance(letter) * size;
                if used + needs > width && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(letter);
                used += needs;
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines
    }
}
