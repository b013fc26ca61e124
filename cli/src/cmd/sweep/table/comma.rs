//! Rows as CSV: a line of names, then a line for each row.

use std::fs::File;
use std::io::Write;

use anyhow::{Context as _, Result, bail};
use stowplan_sim::sweep::{Cell, Column};

use super::Rows;

/// Rows on their way into a CSV file.
pub(super) struct CsvRows(csv::Writer<Box<dyn Write + Send>>);

impl CsvRows {
    pub(super) fn new(out: Box<dyn Write + Send>, columns: &[Column]) -> Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(columns.iter().map(|column| column.name.as_str()))?;
        Ok(Self(writer))
    }

    pub(super) fn write(&mut self, row: &[Cell]) -> Result<()> {
        Ok(self.0.write_record(row.iter().map(ToString::to_string))?)
    }

    pub(super) fn finish(mut self) -> Result<()> {
        Ok(self.0.flush()?)
    }
}

/// The rows of a CSV file.
pub(super) fn read(file: File, columns: &[Column]) -> Result<Rows> {
    let mut reader = csv::Reader::from_reader(file);
    let names = reader.headers()?;
    if !names.iter().eq(columns.iter().map(|column| column.name.as_str())) {
        bail!("its columns are not those of this sweep. Give all settings and measures it has");
    }
    let columns = columns.to_vec();
    let rows = reader.into_records().map(move |record| {
        let record = record?;
        let cells = columns.iter().zip(&record).map(|(column, text)| {
            let cell = column.kind.read(text);
            cell.with_context(|| {
                let line = record.position().map_or(0, csv::Position::line);
                format!("line {line}: `{text}` is no value of `{}`", column.name)
            })
        });
        cells.collect()
    });
    Ok(Box::new(rows))
}
