//! Verdicts as CSV files, one for each day, for spreadsheets and for programs that read files.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sightline_core::Record;

use crate::OutputError;
use crate::day::Day;
use crate::row::fields;

/// The folder `verdicts` of a line: `2026-11-23.csv` has the records that were stored on that day in plant time.
#[derive(Debug)]
pub struct CsvLog {
    folder: PathBuf,
    zone: TimeZone,
    day: Option<Day>,
}

impl CsvLog {
    /// Creates the folder `verdicts` in the line's folder where it is missing.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn open(line_dir: &Path) -> Result<Self, OutputError> {
        Self::open_in_zone(line_dir, TimeZone::system())
    }

    fn open_in_zone(line_dir: &Path, zone: TimeZone) -> Result<Self, OutputError> {
        let folder = line_dir.join("verdicts");
        fs::create_dir_all(&folder).map_err(|source| OutputError::file(&folder, "creating", source))?;
        Ok(Self { folder, zone, day: None })
    }

    /// Appends a record to the file of its day. A record that the file has already changes nothing.
    ///
    /// # Errors
    /// When the file cannot be read or written; the record can be given again.
    pub fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        let time = Timestamp::from_millisecond(record.stored_millis)
            .map_err(|_| OutputError::Time { id: record.id, stored_millis: record.stored_millis })?
            .to_zoned(self.zone.clone());
        let path = self.folder.join(format!("{}.csv", time.date()));
        // Taken out: after an error the file is opened anew, and that takes half a line away.
        let mut day = match self.day.take() {
            Some(day) if day.is_at(&path) => day,
            Some(other) => {
                other.sync()?;
                Day::open(&path)?
            }
            None => Day::open(&path)?,
        };
        day.write(record.id, fields(record, &time))?;
        self.day = Some(day);
        Ok(())
    }

    /// Waits until everything written would survive a power cut. To be called before deliveries are confirmed.
    ///
    /// # Errors
    /// When the operating system could not write.
    pub fn sync(&mut self) -> Result<(), OutputError> {
        self.day.as_ref().map_or(Ok(()), Day::sync)
    }
}

#[cfg(test)]
mod tests;
