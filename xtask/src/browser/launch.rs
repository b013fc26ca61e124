//! Starting and ending Chromium.

use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::json;
use tempfile::TempDir;

use super::connection::Connection;
use super::page::{Page, View};
use crate::prepare;

/// How long a cold start may take on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);
const ATTEMPTS: usize = 3;

/// A headless Chromium with a profile of its own; it ends with this value.
pub(crate) struct Browser {
    // Dropped in this order: the process before the folder that it writes to.
    process: Process,
    pub(super) connection: RefCell<Connection>,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium, trying again when a start fails.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let mut last = anyhow!("Chromium was not started");
        for _ in 0..ATTEMPTS {
            match Self::try_start(program) {
                Ok(browser) => return Ok(browser),
                Err(error) => last = error,
            }
        }
        Err(last.context(format!("{} did not start", program.display())))
    }

    fn try_start(program: &Path) -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("stowplan-browser-").tempdir()?;
        let mut command = Command::new(program);
        command.args(flags()).arg(format!("--user-data-dir={}", profile.path().display()));
        command.arg("about:blank");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().context("it could not be run")?;
        let words = child.stderr.take().expect("the error stream was asked for");
        let process = Process(child);
        let url = listening_address(&spoken_lines(words))?;
        let connection = RefCell::new(Connection::open(&url)?);
        Ok(Self { process, connection, _profile: profile })
    }

    /// Opens a page in a fresh profile and waits until it is loaded.
    pub(crate) fn open(&self, url: &str, view: &View) -> Result<Page<'_>> {
        Page::open(self, url, view)
    }

    /// Chromium's own name and version.
    pub(crate) fn version(&self) -> Result<String> {
        let answer = self.connection.borrow_mut().call("", "Browser.getVersion", &json!({}))?;
        Ok(answer["product"].as_str().unwrap_or("Chromium").to_owned())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A polite end lets Chromium end its own children; the kill is for when it does not.
        let _ = self.connection.borrow_mut().send("", "Browser.close", &json!({}));
        for _ in 0..50 {
            if matches!(self.process.0.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn flags() -> Vec<&'static str> {
    let mut flags = vec![
        "--headless",
        "--remote-debugging-port=0",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--mute-audio",
        "--force-color-profile=srgb",
    ];
    if prepare::is_root() {
        flags.push("--no-sandbox");
    }
    flags
}

/// Reads what Chromium says on its error stream to the end, so that it never blocks on it.
fn spoken_lines(words: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(words).lines().map_while(Result::ok) {
            // The receiver is gone once the address is known.
            let _ = sender.send(line);
        }
    });
    receiver
}

fn listening_address(lines: &Receiver<String>) -> Result<String> {
    let mut said = String::new();
    loop {
        match lines.recv_timeout(START_LIMIT) {
            Ok(line) => {
                if let Some(url) = line.strip_prefix("DevTools listening on ") {
                    return Ok(url.trim().to_owned());
                }
                said.push_str(&line);
                said.push('\n');
            }
            Err(_) => bail!("Chromium named no debugging address; it said:\n{said}"),
        }
    }
}
