//! Writes the review of a made-up run in every format, and says how long that took and how large it is:
//! `cargo run --release -p report --example review -- [NOTES] [FOLDER]`.

#![expect(clippy::unwrap_used, reason = "a measurement that fails is no measurement")]

#[path = "../tests/report/story.rs"]
mod story;

use std::fs::File;
use std::io::{BufWriter, Write, sink};
use std::path::PathBuf;
use std::time::Instant;

use report::{Review, ReviewFormat};
use run::Mode;

fn main() {
    let mut given = std::env::args().skip(1);
    let notes: u64 = given.next().map_or(0, |text| text.parse().unwrap());
    let folder = given.next().map(PathBuf::from);
    for mode in [Mode::Incident, Mode::Rehearsal, Mode::Exercise] {
        let mut story = story::told(mode);
        for number in 0..notes {
            story
                .after(1)
                .say("Kim Lindqvist", story::note(&format!("Note {number}: still watching the error rate.")));
        }
        let began = Instant::now();
        let review = Review::new(&story.journal, &story::id()).unwrap();
        println!("{} {} entries: read in {:?}", mode.word(), review.run().seq(), began.elapsed());
        for (word, format) in ReviewFormat::ALL {
            let mut out: Box<dyn Write> = match &folder {
                Some(folder) => {
                    let path = folder.join(format!("review-{}.{word}", mode.word()));
                    Box::new(BufWriter::new(File::create(path).unwrap()))
                }
                None => Box::new(sink()),
            };
            let mut counted = Counted { out: &mut out, bytes: 0 };
            let began = Instant::now();
            review.write(format, &story.journal, &mut counted).unwrap();
            println!("  {word}: {} bytes in {:?}", counted.bytes, began.elapsed());
        }
    }
}

struct Counted<'a> {
    out: &'a mut dyn Write,
    bytes: usize,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
