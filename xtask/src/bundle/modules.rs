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
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// The package's library, as a `cdylib`.
    Library,
    /// A program whose `main` runs as soon as the module is loaded.
    Program,
}

/// The page and its engine, fetched at the same time.
const PAGE_AND_ENGINE: [WasmModule; 2] = [
    WasmModule {
        package: "stowplan-web",
        name: "app",
        target: Target::Program,
        budget: 280 * 1024,
    },
    WasmModule {
        package: "stowplan-web",
        name: "worker",
        target: Target::Program,
        // ARCHITECTURE.md says why it is more than the design's 550.
        budget: 1088 * 1024,
    },
];

/// Both in one, as long as the page has no engine module of its own.
const ALL_IN_ONE: [WasmModule; 1] = [WasmModule {
    package: "stowplan-web",
    name: "stowplan_web",
    target: Target::Library,
    budget: (280 + 1088) * 1024,
}];

/// Every module of the page.
pub(crate) fn modules() -> &'static [WasmModule] {
    let engine = shell::root().join("web/src/bin/worker.rs");
    if engine.is_file() { &PAGE_AND_ENGINE } else { &ALL_IN_ONE }
}

impl WasmModule {
    /// Where cargo leaves the compiled module.
    pub(crate) fn compiled(&self) -> PathBuf {
        let file = match self.target {
            Target::Library => format!("{}.wasm", self.package.replace('-', "_")),
            Target::Program => format!("{}.wasm", self.name),
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
            Target::Program => cargo.args(["--bin", module.name]),
        };
        shell::run(&mut cargo)?;
    }
    Ok(())
}
