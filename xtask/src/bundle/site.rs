//! Laying out the page's folder: the shell, its styles, the package and the scenarios.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::package_dir;
use crate::shell;

/// Makes the folder anew, so that nothing removed from the sources stays behind.
pub(super) fn lay_out(site: &Path) -> Result<()> {
    if site.exists() {
        fs::remove_dir_all(site).with_context(|| format!("{} is in use", site.display()))?;
    }
    fs::create_dir_all(site)?;
    let shell_file = shell::root().join("index.html");
    fs::copy(&shell_file, site.join("index.html")).context("index.html is not at the root")?;
    copy_folder(&package_dir(), &site.join("pkg"))?;
    copy_scripts(&shell::root().join("web"), site)?;
    for (from, to) in [("web/styles", "styles"), ("scenarios", "scenarios")] {
        let folder = shell::root().join(from);
        if folder.is_dir() {
            copy_folder(&folder, &site.join(to))?;
        }
    }
    Ok(())
}

/// Copies the hand-written scripts of a folder, such as the one that starts the engine's worker.
fn copy_scripts(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if let (Some(name), true) =
            (path.file_name(), path.extension().is_some_and(|it| it == "js"))
        {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("{} is not there", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
