//! Badge photos for practice: small JPEGs of people who don't exist, with a badge number.
//!
//! Thousands of distinct photos must not take seconds to draw. So a photo is a mosaic of tiles of 8 by 8 pixels,
//! each encoded once: JPEG's restart markers, one after each tile, let encoded tiles be joined as they are.

use std::collections::HashMap;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, Rgb, RgbImage};

const TILE: u32 = 8;
/// Tiles of a face, across and down; the strip with the number is two more rows.
const ACROSS: u32 = 8;
const DOWN: u32 = 8;
const STRIP: u32 = 2;
const WIDTH: u32 = ACROSS * TILE;
const HEIGHT: u32 = (DOWN + STRIP) * TILE;
const QUALITY: u8 = 85;

/// How many different people there are; the badge number tells their photos apart.
const FACES: usize = 64;

/// The strip's colour, by edition.
const PAPER: [[u8; 3]; 5] =
    [[250, 250, 250], [250, 240, 200], [204, 226, 250], [210, 244, 214], [246, 212, 216]];
const SKIN: [[u8; 3]; 6] =
    [[255, 224, 196], [241, 194, 150], [224, 172, 120], [188, 132, 88], [141, 92, 58], [92, 60, 40]];
const HAIR: [[u8; 3]; 6] =
    [[28, 24, 22], [72, 48, 32], [122, 78, 42], [196, 152, 84], [150, 60, 34], [176, 176, 176]];
const SHIRT: [[u8; 3]; 5] = [[38, 70, 120], [120, 40, 48], [40, 96, 72], [70, 70, 82], [196, 190, 176]];
const WALL: [[u8; 3]; 4] = [[214, 222, 230], [226, 218, 204], [204, 218, 208], [232, 232, 236]];

/// The digits, five rows of three dots each, top row first.
const DIGITS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

/// Everything a photo is put together from.
pub(crate) struct Studio {
    /// All of a JPEG before its first tile.
    head: Vec<u8>,
    /// The tiles of each face, joined.
    faces: Vec<Vec<u8>>,
    /// Of each paper, the upper and the lower tiles of the digits, and of the bare paper after them.
    digits: Vec<[[Vec<u8>; 11]; 2]>,
}

impl Studio {
    /// Draws the faces and digits.
    ///
    /// # Errors
    /// Whatever the encoder says.
    pub(crate) fn new() -> Result<Self, ImageError> {
        let mut cutter = Cutter::default();
        let faces = (0..FACES).map(|n| cutter.cut(&face(n))).collect::<Result<_, _>>()?;
        let mut digits = Vec::new();
        for paper in PAPER {
            let [mut upper, mut lower]: [[Vec<u8>; 11]; 2] = Default::default();
            for (digit, (upper, lower)) in upper.iter_mut().zip(&mut lower).enumerate() {
                let drawn = glyph(DIGITS.get(digit), Rgb(paper));
                *upper = cutter.tile(&drawn, 0, 0)?;
                *lower = cutter.tile(&drawn, 0, TILE)?;
            }
            digits.push([upper, lower]);
        }
        Ok(Self { head: head(&encode(&face(0))?), faces, digits })
    }

    /// A photo of person `person % 64` with the last six digits of a badge number; each `edition` is on another
    /// paper, as an edit of the same photo.
    pub(crate) fn photo(&self, person: usize, badge: u64, edition: usize) -> Vec<u8> {
        let mut photo = self.head.clone();
        photo.extend_from_slice(&self.faces[person % FACES]);
        let number = format!(" {:06} ", badge % 1_000_000);
        for row in &self.digits[edition % PAPER.len()] {
            for place in number.bytes() {
                let digit = if place == b' ' { 10 } else { usize::from(place - b'0') };
                photo.extend_from_slice(&row[digit]);
            }
        }
        renumber(&mut photo, self.head.len());
        photo
    }
}

/// Cuts drawings into encoded tiles, each followed by a restart marker, and remembers those it has seen.
#[derive(Default)]
struct Cutter(HashMap<Vec<u8>, Vec<u8>>);

impl Cutter {
    /// All tiles of a drawing, joined.
    fn cut(&mut self, drawing: &RgbImage) -> Result<Vec<u8>, ImageError> {
        let mut joined = Vec::new();
        for y in (0..drawing.height()).step_by(TILE as usize) {
            for x in (0..drawing.width()).step_by(TILE as usize) {
                joined.extend(self.tile(drawing, x, y)?);
            }
        }
        Ok(joined)
    }

    fn tile(&mut self, drawing: &RgbImage, x: u32, y: u32) -> Result<Vec<u8>, ImageError> {
        let tile = image::imageops::crop_imm(drawing, x, y, TILE, TILE).to_image();
        if let Some(known) = self.0.get(tile.as_raw()) {
            return Ok(known.clone());
        }
        let jpeg = encode(&tile)?;
        let mut scan = jpeg[scan_start(&jpeg)..jpeg.len() - 2].to_vec();
        scan.extend([0xFF, RESTART]);
        self.0.insert(tile.into_raw(), scan.clone());
        Ok(scan)
    }
}

const RESTART: u8 = 0xD0;
const END: u8 = 0xD9;

fn encode(drawing: &RgbImage) -> Result<Vec<u8>, ImageError> {
    let mut jpeg = Vec::with_capacity(4096);
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(drawing)?;
    Ok(jpeg)
}

/// Where a JPEG's segments are: the marker's second byte and the place of its first.
fn segments(jpeg: &[u8]) -> impl Iterator<Item = (u8, usize)> {
    let mut at = 2;
    std::iter::from_fn(move || {
        let segment = (*jpeg.get(at + 1)?, at);
        at += 2 + usize::from(u16::from_be_bytes([*jpeg.get(at + 2)?, *jpeg.get(at + 3)?]));
        Some(segment)
    })
}

/// Where the coded image begins: after the start-of-scan segment, the last before it.
fn scan_start(jpeg: &[u8]) -> usize {
    let scan = segments(jpeg).find(|(marker, _)| *marker == 0xDA).map_or(0, |(_, at)| at);
    scan + 2 + usize::from(jpeg[scan + 2]) * 256 + usize::from(jpeg[scan + 3])
}

/// The head of a whole photo: another's, with the photo's size and a restart after each tile.
fn head(jpeg: &[u8]) -> Vec<u8> {
    let mut head = Vec::from(&jpeg[..2]);
    let begins: Vec<_> = segments(&jpeg[..scan_start(jpeg)]).collect();
    for (n, (marker, at)) in begins.iter().enumerate() {
        let end = begins.get(n + 1).map_or(scan_start(jpeg), |(_, next)| *next);
        let mut segment = jpeg[*at..end].to_vec();
        match marker {
            0xC0 => {
                segment[5..7].copy_from_slice(&(HEIGHT as u16).to_be_bytes());
                segment[7..9].copy_from_slice(&(WIDTH as u16).to_be_bytes());
            }
            0xDA => head.extend([0xFF, 0xDD, 0, 4, 0, 1]),
            _ => {}
        }
        head.extend(segment);
    }
    head
}

/// Counts the restart markers from 0 to 7 and round again, as JPEG wants them, and makes the last the end.
fn renumber(photo: &mut [u8], from: usize) {
    let mut count = 0;
    for at in from..photo.len() - 1 {
        // Within a tile 0xFF is always followed by zero.
        if photo[at] == 0xFF && photo[at + 1] != 0 {
            photo[at + 1] = RESTART + count % 8;
            count += 1;
        }
    }
    if let Some(last) = photo.last_mut() {
        *last = END;
    }
}

/// A digit of six by ten pixels, or nothing, in the middle of two tiles of paper.
fn glyph(rows: Option<&[u8; 5]>, paper: Rgb<u8>) -> RgbImage {
    RgbImage::from_fn(TILE, 2 * TILE, |x, y| {
        let (Some(dot), Some(row)) = (x.checked_sub(1), y.checked_sub(3)) else { return paper };
        let dots = rows.and_then(|rows| rows.get(row as usize / 2)).copied().unwrap_or(0);
        if dot < 6 && dots & (0b100 >> (dot / 2)) != 0 { Rgb([20, 20, 24]) } else { paper }
    })
}

/// Head, shoulders, hair, eyes and mouth, in colours and proportions that follow from `n`.
fn face(n: usize) -> RgbImage {
    let pick = |palette: &[[u8; 3]], stride: usize| Rgb(palette[(n / stride + n) % palette.len()]);
    let (skin, hair) = (pick(&SKIN, 1), pick(&HAIR, 6));
    let (shirt, wall) = (pick(&SHIRT, 3), pick(&WALL, 5));
    let (long, bald, glasses) = (n.is_multiple_of(3), n % 11 == 5, n % 5 == 2);
    let (wide, tall) = (13 + (n % 4) as i32, 17 + (n / 4 % 4) as i32);
    let inside =
        |dx: i32, dy: i32, rx: i32, ry: i32| dx * dx * ry * ry + dy * dy * rx * rx <= rx * rx * ry * ry;
    RgbImage::from_fn(WIDTH, DOWN * TILE, |x, y| {
        let (dx, dy) = (x as i32 - 32, y as i32 - 29);
        let eye = (dx.abs() - 6).abs() <= 1 && (-3..=-1).contains(&dy);
        let rim = glasses
            && (dx.abs() - 6).abs() <= 4
            && dy.abs() <= 5
            && !((dx.abs() - 6).abs() <= 3 && dy.abs() <= 4);
        let mouth = dx.abs() <= 5 && (dy - 9).abs() <= (n % 2) as i32;
        if inside(dx, dy, wide, tall) {
            if !bald && dy < -tall / 2 + (dx * dx) / 40 {
                hair
            } else if eye || (rim && dy < 3) {
                Rgb([34, 28, 26])
            } else if mouth {
                Rgb([168, 72, 72])
            } else {
                skin
            }
        } else if !bald && dy < if long { 16 } else { -4 } && inside(dx, dy + 2, wide + 4, tall + 3) {
            hair
        } else if dx.abs() <= 6 && (10..26).contains(&dy) {
            skin
        } else if inside(dx, dy - 44, 30, 24) {
            shirt
        } else {
            wall
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn close(a: &Rgb<u8>, b: &Rgb<u8>) -> bool {
        a.0.iter().zip(b.0).all(|(a, b)| a.abs_diff(b) < 48)
    }

    #[test]
    fn every_badge_edition_and_face_is_another_photo_that_decodes() {
        let studio = Studio::new().unwrap();
        let mut seen = HashSet::new();
        let faces = (0..FACES).map(|n| (n, 100_000, 0));
        let editions = (0..5).map(|edition| (7, 123_456, edition));
        let badges = (0..40).map(|n| (7, 200_000 + 7 * n, 0));
        for (person, badge, edition) in faces.chain(editions).chain(badges) {
            let jpeg = studio.photo(person, badge, edition);
            let image = image::load_from_memory(&jpeg).unwrap().into_rgb8();
            assert_eq!(image.dimensions(), (WIDTH, HEIGHT));
            assert!(seen.insert(jpeg), "{person} {badge} {edition}");
        }
    }

    #[test]
    fn joined_tiles_decode_to_what_was_drawn() {
        let studio = Studio::new().unwrap();
        for person in 0..FACES {
            let jpeg = studio.photo(person, 987_654, 1);
            let image = image::load_from_memory(&jpeg).unwrap().into_rgb8();
            let drawn = face(person);
            let same = drawn.enumerate_pixels().filter(|(x, y, p)| close(p, image.get_pixel(*x, *y))).count();
            assert!(same * 100 > drawn.pixels().len() * 97, "face {person}: {same}");
            for (x, y) in [(2, 70), (62, 70), (30, 65)] {
                assert!(close(image.get_pixel(x, y), &Rgb(PAPER[1])), "the strip at {x},{y}");
            }
        }
    }
}
