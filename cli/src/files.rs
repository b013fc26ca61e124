//! Files as the commands read them: never more of one than a reader would take.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, Result};
use stowplan_sim::document::Limits;

/// What standard input is called on the command line.
const STANDARD_INPUT: &str = "-";

/// The content of a file, or of standard input for `-`. Of one over the limit there is a byte more
/// than the limit, which is enough for the reader of it to refuse it.
pub(crate) fn content(path: &Path) -> Result<Vec<u8>> {
    let name = name(path);
    if is_standard_input(path) {
        return limited(std::io::stdin().lock()).with_context(|| format!("{name}: cannot be read"));
    }
    let file = File::open(path).with_context(|| format!("{name}: cannot be read"))?;
    limited(file).with_context(|| format!("{name}: cannot be read"))
}

/// What messages call the file.
pub(crate) fn name(path: &Path) -> String {
    match is_standard_input(path) {
        true => "standard input".to_owned(),
        false => path.display().to_string(),
    }
}

/// Whether standard input is meant.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

fn limited(from: impl Read) -> std::io::Result<Vec<u8>> {
    let most = u64::try_from(Limits::default().max_bytes).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    from.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
