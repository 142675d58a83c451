//! Histories that wait for their turn in a scratch file.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use jiff::Timestamp;

use super::History;
use crate::plan::Disk;
use crate::port::{Photo, Version, VersionId};

/// Bytes of histories that are compressed together.
const BLOCK: usize = 128 * 1024;

/// The file, made when it is needed.
pub(super) struct Scratch<'a> {
    disk: &'a dyn Disk,
    file: Option<File>,
    length: u64,
}

impl<'a> Scratch<'a> {
    pub(super) fn new(disk: &'a dyn Disk) -> Self {
        Self { disk, file: None, length: 0 }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.disk.scratch()?,
        };
        Ok(self.file.insert(file))
    }

    fn write(&mut self, raw: &[u8]) -> io::Result<Block> {
        let packed = lz4_flex::compress_prepend_size(raw);
        let at = self.length;
        let file = self.file()?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&packed)?;
        self.length += packed.len() as u64;
        Ok(Block { at, length: packed.len() })
    }

    fn read(&mut self, block: &Block) -> io::Result<Vec<u8>> {
        let mut packed = vec![0; block.length];
        let file = self.file()?;
        file.seek(SeekFrom::Start(block.at))?;
        file.read_exact(&mut packed)?;
        lz4_flex::decompress_size_prepended(&packed).map_err(io::Error::other)
    }
}

#[derive(Debug)]
struct Block {
    at: u64,
    length: usize,
}

/// Histories of one range, in order: whole blocks in the file, and what isn't a block yet.
#[derive(Debug, Default)]
pub(super) struct Spilled {
    blocks: VecDeque<Block>,
    raw: Vec<u8>,
}

impl Spilled {
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.raw.is_empty()
    }

    /// Adds a history at the end.
    pub(super) fn add(&mut self, history: &History, scratch: &mut Scratch<'_>) -> io::Result<()> {
        write_history(history, &mut self.raw);
        if self.raw.len() >= BLOCK {
            self.flush(scratch)?;
        }
        Ok(())
    }

    /// Keeps nothing in memory.
    pub(super) fn flush(&mut self, scratch: &mut Scratch<'_>) -> io::Result<()> {
        if !self.raw.is_empty() {
            let block = scratch.write(&self.raw)?;
            self.blocks.push_back(block);
            self.raw = Vec::new();
        }
        Ok(())
    }

    /// Takes some from the beginning; `None` when none are left.
    pub(super) fn read(&mut self, scratch: &mut Scratch<'_>) -> io::Result<Option<Vec<History>>> {
        let raw = match self.blocks.pop_front() {
            Some(block) => scratch.read(&block)?,
            None => std::mem::take(&mut self.raw),
        };
        let mut rest = &raw[..];
        let mut histories = Vec::new();
        while !rest.is_empty() {
            let history = read_history(&mut rest);
            histories.push(history.ok_or_else(|| io::Error::other("the scratch file was changed"))?);
        }
        Ok(Some(histories).filter(|histories| !histories.is_empty()))
    }
}

const LATEST: u8 = 1;
const PHOTO: u8 = 2;
const CHECKSUM: u8 = 4;
const THAWED: u8 = 8;
/// The storage class that nearly all have, which is not written.
const STANDARD: u8 = 16;
/// The entity tag is written as the 16 bytes that it stands for.
const DIGEST: u8 = 32;

fn write_history(history: &History, into: &mut Vec<u8>) {
    write_text(&history.key, into);
    write_number(history.entries.len() as u64, into);
    for entry in &history.entries {
        let photo = entry.photo.as_ref();
        let digest = photo.and_then(|photo| digest(&photo.etag));
        let flags = [
            (entry.latest, LATEST),
            (photo.is_some(), PHOTO),
            (photo.is_some_and(|photo| photo.checksum.is_some()), CHECKSUM),
            (photo.is_some_and(|photo| photo.thawed), THAWED),
            (photo.is_some_and(|photo| photo.storage_class == "STANDARD"), STANDARD),
            (digest.is_some(), DIGEST),
        ];
        into.push(flags.into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum());
        write_text(&entry.id.0, into);
        into.extend(entry.modified.as_second().to_le_bytes());
        let Some(photo) = photo else { continue };
        match digest {
            Some(digest) => into.extend(digest),
            None => write_text(&photo.etag, into),
        }
        write_number(photo.size, into);
        if photo.storage_class != "STANDARD" {
            write_text(&photo.storage_class, into);
        }
        if let Some(checksum) = &photo.checksum {
            write_text(checksum, into);
        }
    }
}

fn read_history(from: &mut &[u8]) -> Option<History> {
    let key = read_text(from)?;
    let count = usize::try_from(read_number(from)?).ok()?;
    let mut entries = Vec::with_capacity(count.min(1024));
    for _ in 0..count {
        let [flags] = take::<1>(from)?;
        let has = |flag| flags & flag != 0;
        let id = VersionId(read_text(from)?);
        let modified = Timestamp::from_second(i64::from_le_bytes(take(from)?)).ok()?;
        let photo = if has(PHOTO) {
            Some(Photo {
                etag: if has(DIGEST) { hex(take(from)?) } else { read_text(from)? },
                size: read_number(from)?,
                storage_class: if has(STANDARD) { "STANDARD".to_owned() } else { read_text(from)? },
                checksum: if has(CHECKSUM) { Some(read_text(from)?) } else { None },
                thawed: has(THAWED),
            })
        } else {
            None
        };
        entries.push(Version { key: key.clone(), id, modified, latest: has(LATEST), photo });
    }
    Some(History { key, entries })
}

/// The bytes of 32 hexadecimal digits in lower case.
fn digest(text: &str) -> Option<[u8; 16]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text: &[u8; 32] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn hex(bytes: [u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn write_number(mut number: u64, into: &mut Vec<u8>) {
    while number >= 128 {
        into.push(number as u8 | 128);
        number >>= 7;
    }
    into.push(number as u8);
}

fn read_number(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take::<1>(from)?;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

fn write_text(text: &str, into: &mut Vec<u8>) {
    write_number(text.len() as u64, into);
    into.extend(text.as_bytes());
}

fn read_text(from: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(read_number(from)?).ok()?;
    let (text, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(str::from_utf8(text).ok()?.to_owned())
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*bytes)
}
