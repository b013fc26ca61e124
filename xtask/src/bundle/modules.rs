//! The wasm modules of the page and how cargo compiles them.

use std::path::PathBuf;

use anyhow::Result;

use crate::prepare::WASM_TARGET;
use crate::shell;

/// The cargo profile of everything the browser loads.
const PROFILE: &str = "wasm";
const PACKAGE: &str = "stowplan-web";

/// One wasm module: a program of the page whose `main` runs as soon as it is loaded.
pub(crate) struct WasmModule {
    /// The cargo binary, and the stem of the files in `pkg/`.
    pub(crate) name: &'static str,
    /// Whether it has the expression language.
    expressions: bool,
    /// The most bytes it may weigh, gzipped, with its glue.
    pub(crate) budget: u64,
}

/// The page and its engine, fetched at the same time, and the engine with the expression language,
/// fetched when a scenario computes something.
const MODULES: [WasmModule; 3] = [
    // ARCHITECTURE.md says why the engine's are more than the design's 550.
    WasmModule { name: "app", expressions: false, budget: 280 * 1024 },
    WasmModule { name: "worker", expressions: false, budget: 1136 * 1024 },
    WasmModule { name: "full_worker", expressions: true, budget: 1440 * 1024 },
];

/// Every module of the page.
pub(crate) fn modules() -> &'static [WasmModule] {
    &MODULES
}

impl WasmModule {
    /// Where cargo leaves the compiled module.
    pub(crate) fn compiled(&self) -> PathBuf {
        compiled(self.name)
    }

    fn compile(&self) -> Result<()> {
        let mut cargo = shell::cargo();
        cargo.args(["build", "--target", WASM_TARGET, "--profile", PROFILE]);
        cargo.args(["--package", PACKAGE, "--bin", self.name]);
        if !self.expressions {
            cargo.arg("--no-default-features");
        }
        shell::run(&mut cargo)
    }
}

fn compiled(name: &str) -> PathBuf {
    shell::target_dir().join(WASM_TARGET).join(PROFILE).join(format!("{name}.wasm"))
}

/// Compiles a program of another package in the same way; says where cargo leaves it.
pub(super) fn compile_program(package: &str, name: &str) -> Result<PathBuf> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--target", WASM_TARGET, "--profile", PROFILE]);
    shell::run(cargo.args(["--package", package, "--bin", name]))?;
    Ok(compiled(name))
}

/// Compiles the modules; cargo shows its own progress and skips what is up to date.
pub(crate) fn compile(modules: &[WasmModule]) -> Result<()> {
    modules.iter().try_for_each(WasmModule::compile)
}
