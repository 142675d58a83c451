//! Badge photos for practice: small JPEGs of people who don't exist, drawn from a number.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, Rgb, RgbImage};

const WIDTH: u32 = 64;
const HEIGHT: u32 = 80;
/// Where the strip with the badge number begins.
const STRIP: u32 = 68;
const QUALITY: u8 = 80;

/// How many different people there are; the badge number tells their photos apart.
pub(crate) const FACES: usize = 64;

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

/// The faces, drawn once and shared by the photos.
pub(crate) struct Studio(Vec<RgbImage>);

impl Studio {
    pub(crate) fn new() -> Self {
        Self((0..FACES).map(face).collect())
    }

    /// A photo of person `person % FACES` with a badge number; each `edition` is framed in another colour, as
    /// an edit of the same photo.
    ///
    /// # Errors
    /// Whatever the encoder says.
    pub(crate) fn photo(&self, person: usize, badge: u64, edition: usize) -> Result<Vec<u8>, ImageError> {
        let mut photo = self.0[person % FACES].clone();
        let frame = SHIRT[edition % SHIRT.len()];
        for x in 0..WIDTH {
            for y in STRIP..HEIGHT {
                photo.put_pixel(x, y, Rgb([250, 250, 250]));
            }
            if edition > 0 {
                photo.put_pixel(x, 0, Rgb(frame));
                photo.put_pixel(x, 1, Rgb(frame));
            }
        }
        for (place, digit) in badge.to_string().bytes().enumerate() {
            let rows = DIGITS[usize::from(digit - b'0') % 10];
            for (row, dots) in rows.into_iter().enumerate() {
                for dot in (0..3).filter(|dot| dots & (0b100 >> dot) != 0) {
                    stamp(&mut photo, 4 + 8 * place as u32 + 2 * dot, STRIP + 1 + 2 * row as u32);
                }
            }
        }
        let mut jpeg = Vec::with_capacity(4096);
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&photo)?;
        Ok(jpeg)
    }
}

/// A dot of two by two pixels, left out where the image ends.
fn stamp(photo: &mut RgbImage, x: u32, y: u32) {
    for (x, y) in [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)] {
        if x < WIDTH && y < HEIGHT {
            photo.put_pixel(x, y, Rgb([20, 20, 24]));
        }
    }
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
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (dx, dy) = (x as i32 - 32, y as i32 - 32);
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

    #[test]
    fn every_badge_edition_and_face_is_another_valid_jpeg() {
        let studio = Studio::new();
        let mut seen = HashSet::new();
        for (person, badge, edition) in
            (0..FACES).map(|n| (n, 100_000, 0)).chain((0..40).map(|n| (7, 200_000 + n, (n % 4) as usize)))
        {
            let jpeg = studio.photo(person, badge, edition).unwrap();
            let image = image::load_from_memory(&jpeg).unwrap();
            assert_eq!((image.width(), image.height()), (WIDTH, HEIGHT));
            assert!(seen.insert(jpeg), "{person} {badge} {edition}");
        }
    }
}
