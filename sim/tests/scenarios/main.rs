//! Every scenario of the project, whole: what it expects holds, its digest is the one in
//! `scenarios/digests.tsv`, and it goes on from snapshots as if nothing had happened.
//!
//! Each file is a test of its own, named after it: `spec::plc_1_binpack_memory`. After a wanted
//! change run this with `UPDATE_EXPECT=1` and read the difference of the table.

mod collection;
mod digests;
mod later;
mod runs;
mod threads;

use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use collection::Collection;
use digests::Table;

fn main() {
    let arguments = Arguments::from_args();
    let collection = Arc::new(Collection::of_the_project());
    if std::env::var_os("UPDATE_EXPECT").is_some() && !arguments.list {
        digests::rewrite(&collection);
    }
    let table = Arc::new(Table::read());
    let mut trials: Vec<Trial> = collection
        .files
        .iter()
        .map(|file| {
            let (file, table) = (file.clone(), Arc::clone(&table));
            trial(file.test_name(), move || runs::check(&file, &table))
        })
        .collect();
    trials.extend(
        later::files().into_iter().map(|file| trial(file.test_name(), move || later::check(&file))),
    );
    let all = Arc::clone(&collection);
    trials.push(trial("later::every_refusal_is_listed", later::check_list));
    let rows = Arc::clone(&table);
    trials.push(trial("digests::every_row_has_its_scenario", move || rows.check_rows(&all)));
    trials.push(trial("digests::no_two_runs_share_one", move || table.check_differences()));
    trials.push(trial("digests::one_thread_and_two_tell_the_same", move || {
        threads::check(&collection)
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial(
    name: impl Into<String>,
    check: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> Trial {
    Trial::test(name, move || check().map_err(Failed::from))
}
