//! The table of digests: what every build, on every platform, must come to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stowplan_sim::run::Simulation;
use stowplan_sim::scenario::Scenario;

use crate::collection::{Collection, root};

const HEAD: &str = "file\tvariant\tseed\tdigest\n";

/// `scenarios/digests.tsv`.
pub(crate) struct Table {
    /// By file and variant: seed and digest.
    rows: BTreeMap<(String, String), (u64, String)>,
}

impl Table {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(root().join("digests.tsv")).unwrap_or_default();
        let rows = text.lines().skip(1).filter_map(|line| {
            let mut cells = line.split('\t').map(str::to_owned);
            let (file, variant) = (cells.next()?, cells.next()?);
            let (seed, digest) = (cells.next()?.parse().ok()?, cells.next()?);
            Some(((file, variant), (seed, digest)))
        });
        Self { rows: rows.collect() }
    }

    /// What a run must come to.
    pub(crate) fn check(&self, file: &str, run: &Scenario, digest: &str) -> Result<(), String> {
        let row = self.rows.get(&(file.to_owned(), variant(run).to_owned()));
        let expected = row.map_or("nothing", |(_, digest)| digest);
        let same = row.is_some_and(|(seed, _)| *seed == run.seed) && expected == digest;
        same.then_some(()).ok_or_else(|| {
            let seed = run.seed;
            format!("{}: digest {digest} with seed {seed}, the table has {expected}", run.title())
        })
    }

    /// A digest that cannot tell two runs apart is none. Variants of one file may come to the
    /// same: that is what some of them show.
    pub(crate) fn check_differences(&self) -> Result<(), String> {
        let mut known: BTreeMap<&str, &(String, String)> = BTreeMap::new();
        for (run, (_, digest)) in &self.rows {
            if let Some(other) = known.insert(digest, run)
                && other.0 != run.0
            {
                return Err(format!("{run:?} and {other:?} have one digest, {digest}"));
            }
        }
        Ok(())
    }

    /// No row is left of a file that is gone.
    pub(crate) fn check_rows(&self, collection: &Collection) -> Result<(), String> {
        let stale = |file: &&String| !collection.files.iter().any(|known| known.name == **file);
        let stale: Vec<&String> = self.rows.keys().map(|(file, _)| file).filter(stale).collect();
        stale.is_empty().then_some(()).ok_or_else(|| format!("no such files: {stale:?}"))
    }
}

/// `-` stands for the scenario itself.
fn variant(run: &Scenario) -> &str {
    run.variant.as_deref().unwrap_or("-")
}

/// The digest of a run that nobody looks at.
pub(crate) fn of(run: &Scenario) -> Result<String, String> {
    let begin = || Simulation::new(&run.plan()?);
    let mut simulation = begin().map_err(|error| error.to_string())?;
    simulation.run();
    Ok(simulation.digest().to_string())
}

/// Writes the table anew; what cannot be run is told by its own test.
pub(crate) fn rewrite(collection: &Collection) {
    let mut text = HEAD.to_owned();
    for file in &collection.files {
        for run in file.scenarios().unwrap_or_default() {
            if let Ok(digest) = of(&run) {
                let (name, variant, seed) = (&file.name, variant(&run), run.seed);
                writeln!(text, "{name}\t{variant}\t{seed}\t{digest}").expect("memory suffices");
            }
        }
    }
    std::fs::write(root().join("digests.tsv"), text).expect("the table can be written");
}
