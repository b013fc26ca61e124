//! What was measured, in a few numbers for each combination of settings.

use std::collections::BTreeMap;
use std::fmt;

use comfy_table::{CellAlignment, Table, presets};
use stowplan_sim::sweep::{Cell, Column, Kind, Sweep};

use super::MOST_ROWS;

/// Combinations that are shown; the rows have all.
const MOST_SHOWN: usize = 40;
/// Which quantiles, in hundredths.
const HUNDREDTHS: [(usize, &str); 5] =
    [(0, "min"), (10, "p10"), (50, "median"), (90, "p90"), (100, "max")];

/// Everything measured so far.
pub(super) struct Quantiles<'s> {
    sweep: &'s Sweep,
    columns: Vec<Column>,
    /// By the values of the settings, in the order in which they came.
    groups: Vec<Group>,
    rows: u64,
    passed: u64,
    is_known: BTreeMap<Vec<String>, usize>,
}

struct Group {
    settings: Vec<String>,
    /// For each result column the numbers in it.
    numbers: Vec<Vec<f64>>,
}

impl<'s> Quantiles<'s> {
    pub(super) fn new(sweep: &'s Sweep) -> Self {
        let (groups, is_known) = (Vec::new(), BTreeMap::new());
        Self { sweep, columns: sweep.columns(), groups, rows: 0, passed: 0, is_known }
    }

    /// Takes a row in.
    pub(super) fn take(&mut self, row: &[Cell]) {
        let results = self.sweep.first_result();
        self.rows += 1;
        self.passed += u64::from(row.get(results) == Some(&Cell::Flag(true)));
        if self.rows > MOST_ROWS {
            (self.groups, self.is_known) = (Vec::new(), BTreeMap::new());
            return;
        }
        let settings: Vec<String> = row[1..results - 1].iter().map(ToString::to_string).collect();
        let group = *self.is_known.entry(settings).or_insert_with_key(|settings| {
            let numbers = vec![Vec::new(); row.len() - results];
            self.groups.push(Group { settings: settings.clone(), numbers });
            self.groups.len() - 1
        });
        for (numbers, cell) in self.groups[group].numbers.iter_mut().zip(&row[results..]) {
            numbers.extend(cell.number());
        }
    }

    /// Columns of numbers, told apart by whether they are the same in every run.
    fn varying(&self) -> (Vec<usize>, Vec<usize>) {
        let results = &self.columns[self.sweep.first_result()..];
        let numeric = (0..results.len()).filter(|&it| results[it].kind != Kind::Text);
        numeric.partition(|&column| {
            let mut all = self.groups.iter().flat_map(|group| &group.numbers[column]);
            let first = all.next();
            all.any(|number| Some(number) != first)
        })
    }

    fn name(&self, column: usize) -> &str {
        &self.columns[self.sweep.first_result() + column].name
    }

    fn table(&self, varying: &[usize]) -> Table {
        let settings = &self.columns[1..self.sweep.first_result() - 1];
        let mut head: Vec<&str> = settings.iter().map(|it| it.name.as_str()).collect();
        head.push("measured");
        head.extend(HUNDREDTHS.map(|(_, name)| name));
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_header(head);
        for group in self.groups.iter().take(MOST_SHOWN) {
            for &column in varying {
                let mut numbers = group.numbers[column].clone();
                numbers.sort_by(f64::total_cmp);
                let mut line = group.settings.clone();
                line.push(self.name(column).to_owned());
                line.extend(HUNDREDTHS.map(|(hundredths, _)| quantile(&numbers, hundredths)));
                table.add_row(line);
            }
        }
        for column in table.column_iter_mut().skip(settings.len() + 1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}

impl fmt::Display for Quantiles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows > MOST_ROWS {
            writeln!(f, "No quantiles of more than {MOST_ROWS} rows: take them of the table")?;
        }
        let (varying, same) = self.varying();
        if !varying.is_empty() {
            writeln!(f, "{}", self.table(&varying))?;
            if self.groups.len() > MOST_SHOWN {
                let more = self.groups.len() - MOST_SHOWN;
                writeln!(f, "... and {more} combinations more, which the rows have")?;
            }
        }
        let same: Vec<String> = same
            .into_iter()
            .filter_map(|it| Some((it, self.groups.first()?.numbers[it].first()?)))
            .map(|(it, number)| format!("{} {number}", self.name(it)))
            .collect();
        if !same.is_empty() {
            writeln!(f, "The same in every run: {}", same.join(", "))?;
        }
        writeln!(f, "{} runs, {} passed", self.rows, self.passed)
    }
}

/// The number that so many hundredths of sorted ones do not exceed; nothing of none.
fn quantile(sorted: &[f64], hundredths: usize) -> String {
    let rank = (sorted.len() * hundredths).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or_else(String::new, f64::to_string)
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn a_quantile_is_one_of_the_numbers() {
        let numbers: Vec<f64> = (1..=20).map(f64::from).collect();
        let told = [0, 10, 50, 90, 100].map(|hundredths| quantile(&numbers, hundredths));
        assert_eq!(told, ["1", "2", "10", "18", "20"]);
        assert_eq!(quantile(&[7.5], 90), "7.5");
        assert_eq!(quantile(&[], 50), "");
    }
}
