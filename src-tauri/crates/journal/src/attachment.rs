//! Plans and evidence, kept once by what they are.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use run::{Attachment, Digest};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};

use crate::store::{Journal, JournalError, at, read_only};

/// How much of the content is in a piece, before it is packed: bytes.
const PIECE: usize = 256 * 1024;
/// How hard zstd tries: its quickest, which packs the lines of a plan to a tenth.
const LEVEL: i32 = 1;

impl Journal {
    /// Keeps what `content` holds, from its beginning, and returns once it is on the disk, packed with zstd; the digest
    /// is of what it holds, not of how it is packed. Keeping the same content again keeps nothing more. The content is read twice, and never held in memory whole.
    ///
    /// # Errors
    /// Content that can't be read; [`JournalError::Full`]; anything SQLite says.
    pub fn attach<R: Read + Seek>(&self, content: &mut R) -> Result<Attachment, JournalError> {
        let attachment = measure(content).map_err(JournalError::Evidence)?;
        let at = at(self.path());
        let mut connection = self.connection();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&at)?;
        if bytes_of(&transaction, &attachment.digest).map_err(&at)?.is_some() {
            return Ok(attachment);
        }
        transaction
            .execute(
                "INSERT INTO attachment (digest, bytes) VALUES (?1, ?2)",
                params![attachment.digest.as_str(), attachment.bytes.cast_signed()],
            )
            .map_err(&at)?;
        content.seek(SeekFrom::Start(0)).map_err(JournalError::Evidence)?;
        let mut number = 0_i64;
        let mut insert = transaction
            .prepare("INSERT INTO piece (digest, number, data, packed) VALUES (?1, ?2, ?3, 1)")
            .map_err(&at)?;
        loop {
            let mut piece = Vec::new();
            content.take(PIECE as u64).read_to_end(&mut piece).map_err(JournalError::Evidence)?;
            if piece.is_empty() {
                break;
            }
            let packed = zstd::bulk::compress(&piece, LEVEL).map_err(JournalError::Evidence)?;
            insert.execute(params![attachment.digest.as_str(), number, packed]).map_err(&at)?;
            number += 1;
        }
        drop(insert);
        transaction.commit().map_err(&at)?;
        Ok(attachment)
    }

    /// Reads an attachment, piece by piece. Where it ends it is held against its digest: one that was changed ends in an
    /// error ([`io::ErrorKind::InvalidData`]).
    ///
    /// # Errors
    /// [`JournalError::NoAttachment`]; anything SQLite says.
    pub fn attachment(&self, digest: &Digest) -> Result<BufReader<AttachmentReader>, JournalError> {
        let connection = read_only(self.path())?;
        if bytes_of(&connection, digest).map_err(at(self.path()))?.is_none() {
            return Err(JournalError::NoAttachment {
                path: self.path().to_owned(),
                digest: digest.to_string(),
            });
        }
        let (digest, hasher) = (digest.clone(), Sha256::new());
        let reader = AttachmentReader { connection, digest, hasher, next: 0, piece: io::Cursor::default() };
        Ok(BufReader::with_capacity(64 * 1024, reader))
    }

    /// Whether an attachment's content still is what its digest says, and as long as was written down.
    ///
    /// # Errors
    /// As [`Journal::attachment`]; also a disk that can't be read.
    pub fn attachment_is_whole(&self, digest: &Digest) -> Result<bool, JournalError> {
        let kept = bytes_of(&self.connection(), digest).map_err(at(self.path()))?;
        match io::copy(&mut self.attachment(digest)?, &mut io::sink()) {
            Ok(bytes) => Ok(kept.map(i64::cast_unsigned) == Some(bytes)),
            Err(why) if why.kind() == io::ErrorKind::InvalidData => Ok(false),
            Err(why) => Err(why.downcast().map_or_else(JournalError::Evidence, at(self.path()))),
        }
    }
}

/// The content of an attachment.
#[derive(Debug)]
pub struct AttachmentReader {
    connection: Connection,
    digest: Digest,
    hasher: Sha256,
    next: i64,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for AttachmentReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let piece = self
                .connection
                .query_row(
                    "SELECT * FROM piece WHERE digest = ?1 AND number = ?2",
                    params![self.digest.as_str(), self.next],
                    |row| {
                        // A journal of an earlier version that is only read has no such column.
                        let packed = row.as_ref().column_count() > 3 && row.get("packed")?;
                        Ok((row.get::<_, Vec<u8>>("data")?, packed))
                    },
                )
                .optional()
                .map_err(io::Error::other)?;
            let Some((data, packed)) = piece else {
                let whole = Digest::finish(self.hasher.clone()) == self.digest;
                return if whole { Ok(0) } else { Err(changed(io::Error::other("it is not what was kept"))) };
            };
            // A piece that unpacks to more than went into one was not packed here.
            let piece = if packed { zstd::bulk::decompress(&data, PIECE).map_err(changed)? } else { data };
            self.hasher.update(&piece);
            self.piece = io::Cursor::new(piece);
            self.next += 1;
        }
    }
}

/// That a piece is not what was packed.
fn changed(why: io::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn measure<R: Read + Seek>(content: &mut R) -> io::Result<Attachment> {
    content.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let bytes = io::copy(content, &mut HashWriter(&mut hasher))?;
    Ok(Attachment { digest: Digest::finish(hasher), bytes })
}

fn bytes_of(connection: &Connection, digest: &Digest) -> rusqlite::Result<Option<i64>> {
    connection
        .query_row("SELECT bytes FROM attachment WHERE digest = ?1", [digest.as_str()], |row| row.get(0))
        .optional()
}
