//! Items that are kept for later in a file without a name, because they could be too many for memory.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, Write as _};

use serde::{Deserialize, Serialize};

use super::super::body::{Item, write_line};
use crate::plan::{Disk, Failure};

/// An item, and its line in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Numbered {
    pub(crate) n: u64,
    /// How often it was tried.
    pub(crate) attempt: u8,
    pub(crate) item: Item,
}

/// Items being put away.
#[derive(Default)]
pub(crate) struct Later {
    file: Option<BufWriter<File>>,
    len: u64,
}

impl Later {
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn push(&mut self, disk: &dyn Disk, item: &Numbered) -> Result<(), Failure> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(BufWriter::new(disk.scratch()?)),
        };
        write_line(item, file)?;
        self.len += 1;
        Ok(())
    }

    /// The items in the order in which they were put away.
    pub(crate) fn take(&mut self) -> Result<Queue, Failure> {
        let Self { file, len } = std::mem::take(self);
        let file = match file {
            None => None,
            Some(mut file) => {
                file.flush()?;
                let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
                file.rewind()?;
                Some(BufReader::new(file))
            }
        };
        Ok(Queue { file, left: len })
    }
}

/// Items being taken out again.
#[derive(Default)]
pub(crate) struct Queue {
    file: Option<BufReader<File>>,
    left: u64,
}

impl Queue {
    pub(crate) fn len(&self) -> u64 {
        self.left
    }

    pub(crate) fn next(&mut self) -> Result<Option<Numbered>, Failure> {
        let Some(file) = self.file.as_mut().filter(|_| self.left > 0) else { return Ok(None) };
        let mut text = String::new();
        file.read_line(&mut text)?;
        self.left -= 1;
        Ok(Some(serde_json::from_str(&text).map_err(std::io::Error::from)?))
    }
}
