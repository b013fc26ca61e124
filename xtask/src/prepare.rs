//! Installing what the build and the tests need: the wasm target and a browser.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell;

pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

const BROWSERS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const MAC_BROWSERS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Makes sure that Rust can compile to WebAssembly.
pub(crate) fn wasm_target() -> Result<()> {
    if wasm_target_is_installed()? {
        return Ok(());
    }
    if shell::find_on_path(&["rustup"]).is_none() {
        bail!(
            "the Rust target {WASM_TARGET} is not installed and rustup is not here to add it; \
             install rustup, or your system's package with that target's standard library"
        );
    }
    shell::step("adding the Rust target wasm32-unknown-unknown", || {
        shell::run_quietly(shell::program("rustup").args(["target", "add", WASM_TARGET]))
    })?;
    if !wasm_target_is_installed()? {
        bail!("rustup added {WASM_TARGET}, but to another toolchain than the one in use");
    }
    Ok(())
}

fn wasm_target_is_installed() -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = shell::run_quietly(shell::program(rustc).args([
        "--print",
        "target-libdir",
        "--target",
        WASM_TARGET,
    ]))?;
    Ok(PathBuf::from(folder.trim()).is_dir())
}

/// Finds a Chromium, installing Debian's package where that is possible.
pub(crate) fn browser() -> Result<PathBuf> {
    if let Some(found) = find_browser()? {
        return Ok(found);
    }
    let Some(mut apt) = apt_get() else {
        bail!(
            "no Chromium was found. Install one (Debian: `apt-get install chromium`, Fedora: \
             `dnf install chromium`, macOS: `brew install --cask chromium`, Windows: any Chrome) \
             or name its program in the environment variable CHROME"
        );
    };
    shell::step("refreshing the package lists (apt-get update)", || {
        shell::run_quietly(apt.arg("update"))
    })?;
    shell::step("installing Chromium (apt-get install chromium)", || {
        let mut apt = apt_get().context("apt-get was there a moment ago")?;
        let wanted = ["install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu"];
        shell::run_quietly(apt.args(wanted))
    })?;
    find_browser()?.context(
        "the package `chromium` was installed, but no program of that name is on the PATH; \
         name one in the environment variable CHROME",
    )
}

fn find_browser() -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os("CHROME").map(PathBuf::from) {
        if !named.is_file() {
            bail!("the environment variable CHROME names {}, which is no file", named.display());
        }
        return Ok(Some(named));
    }
    let on_mac = || MAC_BROWSERS.iter().map(PathBuf::from).find(|it| it.is_file());
    Ok(shell::find_on_path(&BROWSERS).or_else(on_mac))
}

/// `apt-get` with the right to install, or nothing where that is not to be had.
fn apt_get() -> Option<Command> {
    let apt = shell::find_on_path(&["apt-get"])?;
    let mut command = if is_root() {
        shell::program(apt)
    } else {
        let sudo = shell::find_on_path(&["sudo"])?;
        // `-n`: a password prompt would hang a run that nobody watches.
        shell::run_quietly(shell::program(&sudo).args(["-n", "true"])).ok()?;
        let mut command = shell::program(sudo);
        command.arg("-n").arg(apt);
        command
    };
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
    Some(command)
}

/// Whether this runs as the superuser, as whom Chromium refuses to start its sandbox.
pub(crate) fn is_root() -> bool {
    shell::run_quietly(shell::program("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
