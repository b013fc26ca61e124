//! Making the modules smaller with Binaryen's `wasm-opt`, where one is at hand.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::shell;

/// A `wasm-opt` that can be run.
pub(super) struct Optimiser {
    program: PathBuf,
    version: String,
}

impl Optimiser {
    pub(super) fn describe(&self) -> String {
        format!("{} -Os", self.version)
    }
}

/// Looks for `wasm-opt`: the one `WASM_OPT` names, the one on the `PATH`, or npm's `binaryen`
/// installed under `target/tools`. The page works without it, about a fifth larger.
pub(super) fn find() -> Option<Optimiser> {
    let npm = shell::target_dir().join("tools/node_modules/.bin/wasm-opt");
    let program = std::env::var_os("WASM_OPT")
        .map(PathBuf::from)
        .or_else(|| shell::find_on_path(&["wasm-opt"]))
        .or_else(|| npm.is_file().then_some(npm))?;
    let version = shell::run_quietly(shell::program(&program).arg("--version")).ok()?;
    Some(Optimiser { program, version: version.trim().to_owned() })
}

/// Rewrites a module in place. An optimiser too old to read it leaves it as it is.
pub(super) fn apply(optimiser: &Optimiser, module: &Path) -> Result<()> {
    let smaller = module.with_extension("optimised");
    let outcome = shell::step("optimising with wasm-opt", || {
        let mut command = shell::program(&optimiser.program);
        command.arg(module).args(["-Os", "--all-features", "--strip-debug", "--output"]);
        shell::run_quietly(command.arg(&smaller))
    });
    match outcome {
        Ok(_) => fs::rename(&smaller, module)
            .with_context(|| format!("{} cannot be replaced", module.display())),
        Err(error) => {
            eprintln!("   the page is used without wasm-opt: {error:#}");
            Ok(())
        }
    }
}
