//! Building the page: the wasm modules, their JavaScript glue, and the files around them.

mod glue;
mod modules;
mod optimise;
mod site;
mod stamp;

pub(crate) use modules::{WasmModule, modules};

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{prepare, shell};

/// The npm-shaped package that the build yields.
pub(crate) fn package_dir() -> PathBuf {
    shell::root().join("pkg")
}

/// The folder that a file server can serve as it is.
pub(crate) fn site_dir() -> PathBuf {
    shell::target_dir().join("playground")
}

/// Builds the package; work whose input has not changed is not done again.
pub(crate) fn build_package() -> Result<()> {
    prepare::wasm_target()?;
    modules::compile(modules())?;
    let optimiser = optimise::find();
    for module in modules() {
        glue::generate(module, optimiser.as_ref())?;
    }
    glue::write_package_json(modules())
}

/// Builds a program of another package for the browser, as the page's modules are built, into a
/// folder.
pub(crate) fn build_program(package: &str, name: &str, folder: &Path) -> Result<()> {
    prepare::wasm_target()?;
    let compiled = modules::compile_program(package, name)?;
    glue::bind(name, &compiled, folder, optimise::find().as_ref())
}

/// Builds the package and lays out the page around it.
pub(crate) fn build_site() -> Result<PathBuf> {
    build_package()?;
    site::lay_out(&site_dir())?;
    Ok(site_dir())
}
