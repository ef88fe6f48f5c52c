//! The CSV file of one day: which records it has, and a clean end to append to.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder, WriterBuilder};

use crate::OutputError;
use crate::row::{COLUMNS, COLUMNS_BEFORE, ID_COLUMN};

/// An open file of verdicts.
#[derive(Debug)]
pub(crate) struct Day {
    path: PathBuf,
    file: File,
    ids: HashSet<i64>,
    /// How many columns its lines have.
    columns: usize,
}

impl Day {
    /// Opens or creates the file. A last line that a crash cut short is taken away: its record is delivered again.
    pub(crate) fn open(path: &Path) -> Result<Self, OutputError> {
        let failed = |step| move |source| OutputError::file(path, step, source);
        // Not in append mode, in which Windows refuses to shorten a file.
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed("opening"))?;
        let Looked { ids, good_end, columns } =
            look_through(&mut file).map_err(|source| OutputError::Csv { path: path.to_path_buf(), source })?;
        file.set_len(good_end).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed("mending"))?;
        let mut day = Self { path: path.to_path_buf(), file, ids, columns };
        if good_end == 0 {
            day.append(COLUMNS)?;
        }
        Ok(day)
    }

    /// Whether this is the file at `path` still: a person may have moved or deleted it.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        self.path == path && path.exists()
    }

    /// Appends the line of a record unless the file has it.
    pub(crate) fn write(&mut self, id: i64, fields: [String; COLUMNS.len()]) -> Result<(), OutputError> {
        if self.ids.contains(&id) {
            return Ok(());
        }
        self.append(fields)?;
        self.ids.insert(id);
        Ok(())
    }

    /// Waits until the file would survive a power cut.
    pub(crate) fn sync(&self) -> Result<(), OutputError> {
        self.file.sync_data().map_err(|source| OutputError::file(&self.path, "syncing", source))
    }

    /// One write for the whole line, so that readers rarely see half of one.
    fn append<F: AsRef<[u8]>>(&mut self, fields: [F; COLUMNS.len()]) -> Result<(), OutputError> {
        let mut line = Vec::new();
        {
            let mut writer = WriterBuilder::new().from_writer(&mut line);
            let csv = |source| OutputError::Csv { path: self.path.clone(), source };
            writer.write_record(fields.iter().take(self.columns)).map_err(csv)?;
            writer.flush().map_err(|source| OutputError::file(&self.path, "writing", source))?;
        }
        self.file.write_all(&line).map_err(|source| OutputError::file(&self.path, "writing", source))
    }
}

/// What is in a file.
struct Looked {
    /// Numbers of its records.
    ids: HashSet<i64>,
    /// Where its last whole line ends.
    good_end: u64,
    /// How many columns its lines have.
    columns: usize,
}

fn look_through(file: &mut File) -> Result<Looked, csv::Error> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(&mut *file));
    let mut ids = HashSet::new();
    let mut line = ByteRecord::new();
    let mut last_id: Option<i64> = None;
    let (mut last_start, mut last_is_torn) = (0, false);
    let mut columns = COLUMNS.len();
    loop {
        let start = reader.position().byte();
        if !reader.read_byte_record(&mut line)? {
            break;
        }
        if start == 0 && line.len() == COLUMNS_BEFORE {
            columns = COLUMNS_BEFORE;
        }
        ids.extend(last_id);
        last_start = start;
        last_id = line.get(ID_COLUMN).and_then(|id| str::from_utf8(id).ok()).and_then(|id| id.parse().ok());
        // Cut within quotes, just after a line break that belongs to a name.
        last_is_torn = line.len() < columns && line.iter().next_back().is_some_and(|field| field.contains(&b'\n'));
    }
    drop(reader);

    let length = file.seek(SeekFrom::End(0))?;
    let mut last_byte = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(1)))?;
    file.read_to_end(&mut last_byte)?;
    if last_is_torn || !matches!(last_byte.as_slice(), [] | [b'\n' | b'\r']) {
        // Of a first line that is cut short nothing is left.
        let columns = if last_start == 0 { COLUMNS.len() } else { columns };
        return Ok(Looked { ids, good_end: last_start, columns });
    }
    ids.extend(last_id);
    Ok(Looked { ids, good_end: length, columns })
}
