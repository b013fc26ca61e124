//! The wasm modules of the page and how cargo compiles them.

use std::path::PathBuf;

use anyhow::Result;

use crate::prepare::WASM_TARGET;
use crate::shell;

/// The cargo profile of everything the browser loads.
const PROFILE: &str = "wasm";

/// One wasm module: a cargo target and the budget of what a visitor downloads for it.
pub(crate) struct WasmModule {
    /// The cargo package.
    pub(crate) package: &'static str,
    /// The stem of the files in `pkg/`.
    pub(crate) name: &'static str,
    /// Which target of the package it is.
    pub(crate) target: Target,
    /// The most bytes it may weigh, gzipped, with its glue.
    pub(crate) budget: u64,
}

/// The cargo target that becomes a module.
pub(crate) enum Target {
    /// The package's library, as a `cdylib`.
    Library,
}

/// Every module of the page. The page and its engine worker start from the same one, which holds
/// both budgets: 280 KiB for the page and 550 KiB for the engine.
pub(crate) const MODULES: &[WasmModule] = &[WasmModule {
    package: "stowplan-web",
    name: "stowplan_web",
    target: Target::Library,
    budget: (280 + 550) * 1024,
}];

impl WasmModule {
    /// Where cargo leaves the compiled module.
    pub(crate) fn compiled(&self) -> PathBuf {
        let file = match self.target {
            Target::Library => format!("{}.wasm", self.package.replace('-', "_")),
        };
        shell::target_dir().join(WASM_TARGET).join(PROFILE).join(file)
    }
}

/// Compiles the modules; cargo shows its own progress and skips what is up to date.
pub(crate) fn compile(modules: &[WasmModule]) -> Result<()> {
    for module in modules {
        let mut cargo = shell::cargo();
        cargo.args(["build", "--target", WASM_TARGET, "--profile", PROFILE]);
        cargo.args(["--package", module.package]);
        match module.target {
            Target::Library => cargo.arg("--lib"),
        };
        shell::run(&mut cargo)?;
    }
    Ok(())
}
