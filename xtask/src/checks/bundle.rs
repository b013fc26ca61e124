//! What the page's modules import and weigh.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use wasmparser::{Parser, Payload};

use super::{Tally, report};
use crate::bundle::{self, WasmModule};
use crate::shell;

/// What the static shell may weigh, in bytes.
const SHELL_BUDGET: u64 = 20 * 1024;

pub(crate) fn run() -> Result<Tally> {
    bundle::build_site()?;
    let mut tally = Tally::default();
    for module in bundle::modules() {
        let name = module.name;
        tally.add(report(&format!("{name} imports only its glue"), imports(module)));
        tally.add(report(&format!("{name} keeps its size budget"), weight(module)));
    }
    tally.add(report("the static shell keeps its size budget", shell_weight()));
    Ok(tally)
}

/// A module that imports from anywhere but its own glue would not load in a browser.
fn imports(module: &WasmModule) -> Result<()> {
    let wasm = fs::read(module.wasm_file())?;
    let glue = format!("./{}_bg.js", module.name);
    let strangers: Vec<String> = imported(&wasm)?
        .into_iter()
        .filter(|(from, _)| *from != glue)
        .map(|(from, what)| format!("{from}.{what}"))
        .collect();
    ensure!(strangers.is_empty(), "unexpected imports: {}", strangers.join(", "));
    Ok(())
}

fn imported(wasm: &[u8]) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(section) = payload.context("the module is damaged")? {
            for import in section.into_imports() {
                let import = import?;
                found.push((import.module.to_owned(), import.name.to_owned()));
            }
        }
    }
    Ok(found)
}

fn weight(module: &WasmModule) -> Result<()> {
    let wasm = gzipped(&module.wasm_file())?;
    let glue = gzipped(&module.glue_file())?;
    let budget = module.budget;
    println!("            {wasm} bytes of wasm and {glue} of glue, gzipped, of {budget}");
    ensure!(wasm + glue <= budget, "{} bytes gzipped are over {budget}", wasm + glue);
    Ok(())
}

fn shell_weight() -> Result<()> {
    let bytes = fs::metadata(shell::root().join("index.html"))?.len();
    ensure!(bytes <= SHELL_BUDGET, "index.html has {bytes} bytes, over {SHELL_BUDGET}");
    Ok(())
}

fn gzipped(file: &Path) -> Result<u64> {
    let content = fs::read(file).with_context(|| format!("{} is not there", file.display()))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&content)?;
    Ok(encoder.finish()?.len() as u64)
}
