//! Rows as Parquet: columns side by side, in groups of a fixed number of rows.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::record::{Field, Row};
use parquet::schema::types::Type;
use stowplan_sim::sweep::{Cell, Column, Kind};

use super::Rows;

/// Rows of a group: parts put together are grouped as the whole is.
const GROUP: usize = 65_536;

/// Rows on their way into a Parquet file.
pub(super) struct ParquetRows {
    writer: SerializedFileWriter<Box<dyn Write + Send>>,
    columns: Vec<Column>,
    group: Vec<Vec<Cell>>,
}

impl ParquetRows {
    pub(super) fn new(out: Box<dyn Write + Send>, columns: &[Column]) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_created_by(format!("stowplan {}", env!("CARGO_PKG_VERSION")))
            .build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema(columns)?), properties.into())?;
        Ok(Self { writer, columns: columns.to_vec(), group: Vec::new() })
    }

    pub(super) fn write(&mut self, row: Vec<Cell>) -> Result<()> {
        self.group.push(row);
        if self.group.len() == GROUP { self.write_group() } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> Result<()> {
        if !self.group.is_empty() {
            self.write_group()?;
        }
        self.writer.finish()?;
        Ok(self.writer.inner_mut().flush()?)
    }

    fn write_group(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.group);
        let mut group = self.writer.next_row_group()?;
        for (position, column) in self.columns.iter().enumerate() {
            let mut writer = group.next_column()?.context("the schema has a column for each")?;
            write_column(&mut writer, column.kind, rows.iter().map(|row| &row[position]))?;
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }
}

fn write_column<'c>(
    writer: &mut SerializedColumnWriter<'_>,
    kind: Kind,
    cells: impl Iterator<Item = &'c Cell>,
) -> Result<()> {
    match kind {
        Kind::Text => {
            let values: Vec<ByteArray> =
                cells.map(|cell| ByteArray::from(cell.to_string().into_bytes())).collect();
            writer.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        }
        Kind::Whole => {
            let whole = |cell: &Cell| match cell {
                // The column is declared as unsigned: the same 64 bits.
                Cell::Whole(value) => value.cast_signed(),
                _ => 0,
            };
            let values: Vec<i64> = cells.map(whole).collect();
            writer.typed::<Int64Type>().write_batch(&values, None, None)?;
        }
        Kind::Number => {
            let numbers: Vec<Option<f64>> = cells.map(Cell::number).collect();
            let there: Vec<i16> = numbers.iter().map(|it| i16::from(it.is_some())).collect();
            let values: Vec<f64> = numbers.into_iter().flatten().collect();
            writer.typed::<DoubleType>().write_batch(&values, Some(&there), None)?;
        }
        Kind::Flag => {
            let values: Vec<bool> = cells.map(|cell| *cell == Cell::Flag(true)).collect();
            writer.typed::<BoolType>().write_batch(&values, None, None)?;
        }
    }
    Ok(())
}

fn schema(columns: &[Column]) -> Result<Type> {
    let fields = columns.iter().map(|column| {
        let (physical, logical) = match column.kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Whole => (Physical::INT64, Some(LogicalType::integer(64, false))),
            Kind::Number => (Physical::DOUBLE, None),
            Kind::Flag => (Physical::BOOLEAN, None),
        };
        let repetition = match column.kind {
            Kind::Number => Repetition::OPTIONAL,
            Kind::Text | Kind::Whole | Kind::Flag => Repetition::REQUIRED,
        };
        let field = Type::primitive_type_builder(&column.name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .build()?;
        Ok(Arc::new(field))
    });
    let fields = fields.collect::<Result<Vec<_>>>()?;
    Ok(Type::group_type_builder("sweep").with_fields(fields).build()?)
}

/// The rows of a Parquet file.
pub(super) fn read(file: File, columns: &[Column]) -> Result<Rows> {
    let reader = SerializedFileReader::new(file)?;
    let found = reader.metadata().file_metadata().schema().get_fields().to_vec();
    if found.as_slice() != schema(columns)?.get_fields() {
        bail!("its columns are not those of this sweep. Give all settings and measures it has");
    }
    let columns = columns.to_vec();
    let rows = reader.into_iter().map(move |row| cells(&row?, &columns));
    Ok(Box::new(rows))
}

fn cells(row: &Row, columns: &[Column]) -> Result<Vec<Cell>> {
    let fields = row.get_column_iter().zip(columns);
    fields
        .map(|((_, field), column)| match (column.kind, field) {
            (Kind::Text, Field::Str(text)) => Ok(Cell::Text(text.clone())),
            (Kind::Whole, Field::ULong(value)) => Ok(Cell::Whole(*value)),
            (Kind::Number, Field::Double(value)) => Ok(Cell::Number(Some(*value))),
            (Kind::Number, Field::Null) => Ok(Cell::Number(None)),
            (Kind::Flag, Field::Bool(value)) => Ok(Cell::Flag(*value)),
            (_, other) => bail!("`{other}` is no value of `{}`", column.name),
        })
        .collect()
}
