//! How many threads a run shares its process with changes nothing.

use rayon::prelude::*;
use stowplan_sim::scenario::Scenario;

use crate::collection::Collection;
use crate::digests;

pub(crate) fn check(collection: &Collection) -> Result<(), String> {
    let runs = collection.files.iter().map(|file| file.scenarios());
    let runs: Vec<Scenario> = runs.collect::<Result<Vec<_>, _>>()?.concat();
    let digests = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| error.to_string())?;
        pool.install(|| runs.par_iter().map(digests::of).collect::<Result<Vec<String>, String>>())
    };
    let (one, two) = (digests(1)?, digests(2)?);
    let differing = runs.iter().zip(one.iter().zip(&two)).filter(|(_, (one, two))| one != two);
    let titles: Vec<String> = differing.map(|(run, _)| run.title()).collect();
    titles.is_empty().then_some(()).ok_or_else(|| format!("not the same: {titles:?}"))
}
