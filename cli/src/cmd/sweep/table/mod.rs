//! Rows in files: CSV or Parquet, by the ending of the name.
//!
//! A file is written under another name and gets its own when it is whole: what a killed process
//! leaves behind is never taken for a part.

mod columnar;
mod comma;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use stowplan_sim::sweep::{Cell, Column};

use columnar::ParquetRows;
use comma::CsvRows;

/// A row of a table, or why it cannot be read.
pub(super) type Rows = Box<dyn Iterator<Item = Result<Vec<Cell>>>>;

/// A table that is being written.
pub(super) struct Table {
    rows: Form,
    /// The file's name now, and the name it gets.
    names: Option<(PathBuf, PathBuf)>,
}

enum Form {
    Csv(Box<CsvRows>),
    Parquet(Box<ParquetRows>),
}

impl Table {
    /// Begins a table in a file, or on standard output.
    pub(super) fn create(path: Option<&Path>, columns: &[Column]) -> Result<Self> {
        let Some(path) = path else {
            let rows = Form::Csv(Box::new(CsvRows::new(Box::new(io::stdout()), columns)?));
            return Ok(Self { rows, names: None });
        };
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = fs::File::create(&partial);
        let file = file.with_context(|| format!("{} cannot be written", partial.display()))?;
        let out: Box<dyn Write + Send> = Box::new(BufWriter::new(file));
        let rows = match is_parquet(path) {
            true => Form::Parquet(Box::new(ParquetRows::new(out, columns)?)),
            false => Form::Csv(Box::new(CsvRows::new(out, columns)?)),
        };
        Ok(Self { rows, names: Some((partial, path.to_owned())) })
    }

    /// Adds a row.
    pub(super) fn write(&mut self, row: Vec<Cell>) -> Result<()> {
        match &mut self.rows {
            Form::Csv(rows) => rows.write(&row),
            Form::Parquet(rows) => rows.write(row),
        }
    }

    /// Ends the table; from now on it has its name.
    pub(super) fn finish(self) -> Result<()> {
        match self.rows {
            Form::Csv(rows) => rows.finish()?,
            Form::Parquet(rows) => rows.finish()?,
        }
        let Some((partial, name)) = self.names else { return Ok(()) };
        fs::rename(&partial, &name).with_context(|| format!("{} cannot be written", name.display()))
    }
}

/// The rows of a file, which must have these columns.
pub(super) fn read(path: &Path, columns: &[Column]) -> Result<Rows> {
    let name = path.display().to_string();
    let file = fs::File::open(path).with_context(|| format!("{name}: cannot be read"))?;
    let rows = match is_parquet(path) {
        true => columnar::read(file, columns),
        false => comma::read(file, columns),
    };
    let rows = rows.with_context(|| name.clone())?;
    Ok(Box::new(rows.map(move |row| row.with_context(|| name.clone()))))
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"))
}
