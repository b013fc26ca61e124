//! The scenario files of the project.

use std::path::{Path, PathBuf};

use stowplan_sim::document::Limits;
use stowplan_sim::scenario::Scenario;

/// Folders of `scenarios/` whose files must hold.
const FOLDERS: &[&str] = &["presets", "spec"];

/// The folder of all scenarios.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

/// All files, in order of their paths.
pub(crate) struct Collection {
    pub(crate) files: Vec<File>,
}

/// A scenario file.
#[derive(Clone)]
pub(crate) struct File {
    /// Its path below `scenarios/`: `spec/01-PLC-1-binpack-memory.yaml`.
    pub(crate) name: String,
}

impl Collection {
    pub(crate) fn of_the_project() -> Self {
        let files: Vec<File> = FOLDERS.iter().flat_map(|folder| files_in(folder)).collect();
        assert!(files.len() > 80, "only {} scenarios are there", files.len());
        Self { files }
    }
}

/// The files of one folder, in order.
pub(crate) fn files_in(folder: &str) -> Vec<File> {
    let entries = root().join(folder).read_dir().expect("the folder is part of the project");
    let names = entries.map(|entry| entry.expect("it can be listed").file_name());
    let mut names: Vec<String> =
        names.map(|name| name.into_string().expect("plain names")).collect();
    names.retain(|name| name.ends_with(".yaml") || name.ends_with(".json"));
    names.sort_unstable();
    names.into_iter().map(|name| File { name: format!("{folder}/{name}") }).collect()
}

impl File {
    /// As a worked example names its tests: `01-PLC-1-binpack-memory.yaml` is
    /// `plc_1_binpack_memory`, for `docs/conformance.md` to find.
    pub(crate) fn test_name(&self) -> String {
        let (folder, file) = self.name.split_once('/').expect("a file lies in a folder");
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let document = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let story = match stem.split_once('-') {
            Some((first, rest)) if document(first) => rest,
            _ => stem,
        };
        // A refusal shows no example, so its test bears no number.
        let refused = if folder == "later" { "refuses_" } else { "" };
        format!("{folder}::{refused}{}", story.to_lowercase().replace('-', "_"))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(root().join(&self.name)).expect("a listed file can be read")
    }

    /// The scenario, followed by its variants.
    pub(crate) fn scenarios(&self) -> Result<Vec<Scenario>, String> {
        let read = || {
            let scenario = Scenario::read(&self.bytes(), &Limits::default())?;
            let variants = scenario.variants.iter().map(|name| scenario.variant(name));
            let variants = variants.collect::<Result<Vec<_>, _>>()?;
            Ok(std::iter::once(scenario).chain(variants).collect())
        };
        read().map_err(|error: stowplan_sim::document::DocumentError| {
            format!("{}: {error}", self.name)
        })
    }
}
