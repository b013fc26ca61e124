//! The sample export, and changes to it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stowplan_sim::document::Node;
use stowplan_sim::import::{self, ImportError, Imported, Options};

/// Files by name.
#[derive(Clone)]
pub(crate) struct Export(Vec<(String, Vec<u8>)>);

impl Export {
    /// The sample export of the repository.
    pub(crate) fn sample() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/cluster-export");
        let (mut folders, mut files) = (vec![root], Vec::new());
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).expect("the sample is part of the repository");
            let mut paths: Vec<PathBuf> =
                entries.map(|entry| entry.expect("a readable folder").path()).collect();
            paths.sort();
            for path in paths {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "json") {
                    let name = path.file_name().expect("a file has a name").to_string_lossy();
                    files.push((name.into_owned(), fs::read(&path).expect("a readable file")));
                }
            }
        }
        Self(files)
    }

    /// An export of nothing but one file.
    pub(crate) fn only(name: &str, text: impl Into<Vec<u8>>) -> Self {
        Self(vec![(name.to_owned(), text.into())])
    }

    /// The same with another file.
    pub(crate) fn and(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        self.0.push((name.to_owned(), text.into()));
        self
    }

    /// The same without the files whose names begin so.
    pub(crate) fn without(mut self, prefix: &str) -> Self {
        self.0.retain(|(name, _)| !name.starts_with(prefix));
        self
    }

    /// The same with a file's bytes changed.
    pub(crate) fn with_bytes(mut self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let file = self.0.iter_mut().find(|(known, _)| known == name);
        change(&mut file.expect("a file of the sample").1);
        self
    }

    /// The same with a file's JSON changed.
    pub(crate) fn with_json(self, name: &str, change: impl FnOnce(&mut Value)) -> Self {
        self.with_bytes(name, |bytes| {
            let mut json = serde_json::from_slice(bytes).expect("the sample is JSON");
            change(&mut json);
            *bytes = serde_json::to_vec_pretty(&json).expect("JSON can be written");
        })
    }

    /// Every file's JSON changed.
    pub(crate) fn with_all_json(mut self, mut change: impl FnMut(&mut Value)) -> Self {
        for (_, bytes) in &mut self.0 {
            let mut json = serde_json::from_slice(bytes).expect("the sample is JSON");
            change(&mut json);
            *bytes = serde_json::to_vec_pretty(&json).expect("JSON can be written");
        }
        self
    }

    /// A file of the sample as JSON.
    pub(crate) fn json(&self, name: &str) -> Value {
        let file = self.0.iter().find(|(known, _)| known == name);
        serde_json::from_slice(&file.expect("a file of the sample").1).expect("JSON")
    }

    pub(crate) fn files(&self) -> Vec<(&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (&**name, &**bytes)).collect()
    }

    pub(crate) fn try_import(&self, options: &Options) -> Result<Imported, ImportError> {
        import::read(&self.files(), options)
    }

    pub(crate) fn import(&self) -> Imported {
        self.try_import(&Options::default()).expect("a sound export")
    }

    /// The text of the error by which it is refused.
    pub(crate) fn refusal(&self) -> String {
        self.try_import(&Options::default()).expect_err("a broken export").to_string()
    }
}

/// The notes of an import that contain a text.
pub(crate) fn notes_about(imported: &Imported, text: &str) -> Vec<String> {
    let notes = imported.notes.iter().map(ToString::to_string);
    notes.filter(|note| note.contains(text)).collect()
}

/// The elements of a list of the scenario.
pub(crate) fn items<'n>(document: &'n Node, path: &[&str]) -> &'n [Node] {
    let mut node = document;
    for key in path {
        node = node.get(key).unwrap_or_else(|| panic!("{key} of {path:?} is there"));
    }
    node.items()
}

/// The element of a list whose field has a value.
pub(crate) fn named<'n>(items: &'n [Node], key: &str, name: &str) -> &'n Node {
    let found = items.iter().find(|item| text(item, key) == name);
    found.unwrap_or_else(|| panic!("{key} {name} is there"))
}

pub(crate) fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::as_str).unwrap_or_default()
}
