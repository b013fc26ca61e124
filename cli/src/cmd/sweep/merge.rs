//! Parts of a sweep put together: the same table as of the sweep in one go, or a refusal that says
//! what is missing.

use std::iter::Peekable;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use stowplan_sim::sweep::{Cell, Sweep};

use super::quantiles::Quantiles;
use super::table::{self, Rows, Table};

struct Part<'p> {
    path: &'p Path,
    rows: Peekable<Rows>,
}

/// Writes the rows of all parts, in the order of their runs.
pub(super) fn all(
    sweep: &Sweep,
    paths: &[PathBuf],
    mut table: Table,
    quantiles: &mut Quantiles<'_>,
) -> Result<()> {
    let mut next = 0;
    for part in in_order(sweep, paths)? {
        let path = part.path.display();
        for row in part.rows {
            let row = row?;
            let number = number(&row);
            if number > next {
                bail!("{}", missing(next, number));
            }
            if number < next {
                bail!("{path}: run {number} is there twice. Give each part once");
            }
            if number >= sweep.runs() || row[..sweep.first_result()] != sweep.identity(number) {
                bail!("{path}: run {number} is of another sweep. Give its settings and seeds");
            }
            quantiles.take(&row);
            table.write(row)?;
            next += 1;
        }
    }
    if next < sweep.runs() {
        bail!("{}", missing(next, sweep.runs()));
    }
    table.finish()
}

/// The parts by their first run; those without any go.
fn in_order<'p>(sweep: &Sweep, paths: &'p [PathBuf]) -> Result<Vec<Part<'p>>> {
    let columns = sweep.columns();
    let mut parts = Vec::new();
    for path in paths {
        let mut rows = table::read(path, &columns)?.peekable();
        match rows.peek() {
            Some(Ok(row)) => parts.push((number(row), Part { path, rows })),
            Some(Err(_)) => return Err(rows.next().and_then(Result::err).expect("just peeked")),
            None => {}
        }
    }
    parts.sort_by_key(|(first, _)| *first);
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

/// The number of the run that a row is of.
fn number(row: &[Cell]) -> u64 {
    match row.first() {
        Some(Cell::Whole(number)) => *number,
        _ => unreachable!("the first column is the run's number"),
    }
}

fn missing(from: u64, to: u64) -> String {
    let last = to - 1;
    format!("runs {from} to {last} are missing. Run the part that has them again, and give it here")
}
