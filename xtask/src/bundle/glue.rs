//! The JavaScript glue and the package's description.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;
use wasm_bindgen_cli_support::Bindgen;

use super::modules::WasmModule;
use super::optimise::Optimiser;
use super::{optimise, package_dir, stamp};
use crate::shell;

impl WasmModule {
    /// The module as the browser loads it.
    pub(crate) fn wasm_file(&self) -> PathBuf {
        package_dir().join(format!("{}_bg.wasm", self.name))
    }

    /// The glue that loads the module.
    pub(crate) fn glue_file(&self) -> PathBuf {
        package_dir().join(format!("{}.js", self.name))
    }

    /// The names of all that is generated for the module.
    fn file_names(&self) -> [String; 4] {
        let name = self.name;
        [
            format!("{name}.js"),
            format!("{name}.d.ts"),
            format!("{name}_bg.wasm"),
            format!("{name}_bg.wasm.d.ts"),
        ]
    }
}

/// Turns a compiled module into one that a browser can load, unless that was done already.
pub(super) fn generate(module: &WasmModule, optimiser: Option<&Optimiser>) -> Result<()> {
    let compiled = module.compiled();
    let recipe = optimiser.map_or_else(|| "plain".to_owned(), Optimiser::describe);
    let wanted = stamp::of_file(&compiled, &recipe)?;
    let outputs = [module.wasm_file(), module.glue_file()];
    if stamp::is_current(module.name, &wanted, &outputs) {
        return Ok(());
    }
    bind(module.name, &compiled, &package_dir(), optimiser)?;
    stamp::write(module.name, &wanted)
}

/// Writes the glue of a compiled program, and the module as the glue loads it, into a folder.
pub(super) fn bind(
    name: &str,
    compiled: &Path,
    folder: &Path,
    optimiser: Option<&Optimiser>,
) -> Result<()> {
    shell::step(&format!("making the JavaScript glue of {name}"), || {
        Bindgen::new()
            .input_path(compiled)
            .out_name(name)
            .web(true)?
            .typescript(true)
            .omit_default_module_path(false)
            .remove_producers_section(true)
            .generate(folder)
            .with_context(|| format!("wasm-bindgen refused {}", compiled.display()))
    })?;
    match optimiser {
        Some(optimiser) => optimise::apply(optimiser, &folder.join(format!("{name}_bg.wasm"))),
        None => Ok(()),
    }
}

/// Describes the package to npm.
pub(super) fn write_package_json(modules: &[WasmModule]) -> Result<()> {
    let main = modules.first().expect("the page has at least one module").name;
    let files: Vec<String> = modules.iter().flat_map(WasmModule::file_names).collect();
    remove_others(&files)?;
    let description = json!({
        "name": "stowplan",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "A task-placement scheduler that behaves as Amazon ECS does",
        "license": "MIT OR Apache-2.0",
        "type": "module",
        "main": format!("{main}.js"),
        "types": format!("{main}.d.ts"),
        "files": files,
        "sideEffects": false,
    });
    let text = serde_json::to_string_pretty(&description)? + "\n";
    fs::write(package_dir().join("package.json"), text).context("pkg/ cannot be written")
}

/// Removes what an earlier build left in the package.
fn remove_others(files: &[String]) -> Result<()> {
    for entry in fs::read_dir(package_dir()).context("pkg/ is not there")? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let generated = [".js", ".ts", ".wasm"].iter().any(|ending| name.ends_with(ending));
        if generated && !files.contains(&name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
