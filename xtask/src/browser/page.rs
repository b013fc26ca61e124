//! One open page: asking it, touching it, looking at it.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use serde_json::{Value, json};

use super::connection::Event;
use super::launch::Browser;

const LOAD_LIMIT: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(40);
/// Narrower pages are shown as on a phone, with touch.
const PHONE_WIDTH: u32 = 600;

/// The colour scheme that the visitor's system asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Theme {
    Light,
    Dark,
}

/// The window a page is seen through, in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) theme: Theme,
    /// The visitor's system asks for less motion.
    pub(crate) less_motion: bool,
}

impl View {
    /// A window of a visitor who asks for nothing special.
    pub(crate) const fn new(width: u32, height: u32, theme: Theme) -> Self {
        Self { width, height, theme, less_motion: false }
    }
}

/// An open page; it closes with this value.
pub(crate) struct Page<'browser> {
    browser: &'browser Browser,
    target: String,
    context: String,
    session: String,
    /// Sessions of the page's workers, whose words count as the page's own.
    workers: RefCell<Vec<String>>,
    problems: RefCell<Vec<String>>,
}

impl<'browser> Page<'browser> {
    pub(super) fn open(browser: &'browser Browser, url: &str, view: &View) -> Result<Self> {
        let ask =
            |method: &str, params: Value| browser.connection.borrow_mut().call("", method, &params);
        let context = ask("Target.createBrowserContext", json!({}))?;
        let context = text_of(&context, "browserContextId")?;
        let blank = json!({ "url": "about:blank", "browserContextId": context });
        let target = text_of(&ask("Target.createTarget", blank)?, "targetId")?;
        let attach = json!({ "targetId": target, "flatten": true });
        let session = text_of(&ask("Target.attachToTarget", attach)?, "sessionId")?;
        let (workers, problems) = (RefCell::default(), RefCell::default());
        let page = Self { browser, target, context, session, workers, problems };
        page.prepare(view)?;
        page.go(url)?;
        Ok(page)
    }

    fn prepare(&self, view: &View) -> Result<()> {
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            self.call(domain, json!({}))?;
        }
        let workers = json!({ "autoAttach": true, "waitForDebuggerOnStart": false,
            "flatten": true });
        self.call("Target.setAutoAttach", workers)?;
        let is_phone = view.width < PHONE_WIDTH;
        let metrics = json!({ "width": view.width, "height": view.height,
            "deviceScaleFactor": 1, "mobile": is_phone });
        self.call("Emulation.setDeviceMetricsOverride", metrics)?;
        self.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": is_phone }))?;
        let scheme = match view.theme {
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let motion = if view.less_motion { "reduce" } else { "no-preference" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }))?;
        Ok(())
    }

    /// Goes to an address and waits until the page and what it asked for are loaded.
    pub(crate) fn go(&self, url: &str) -> Result<()> {
        let answer = self.call("Page.navigate", json!({ "url": url }))?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("{url} cannot be opened: {error}");
        }
        self.wait_for("document.readyState === 'complete'", LOAD_LIMIT)
    }

    /// Evaluates an expression in the page; a promise is waited for.
    pub(crate) fn eval(&self, expression: &str) -> Result<Value> {
        let params = json!({ "expression": expression, "awaitPromise": true,
            "returnByValue": true, "userGesture": true });
        let answer = self.call("Runtime.evaluate", params)?;
        if let Some(details) = answer.get("exceptionDetails") {
            bail!("`{expression}` threw: {}", exception_text(details));
        }
        Ok(answer["result"].get("value").cloned().unwrap_or(Value::Null))
    }

    /// Waits until an expression is truthy in the page.
    pub(crate) fn wait_for(&self, expression: &str, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        // An expression that throws is taken for "not yet": what it names may still be loading.
        let guarded = format!(
            "(async () => {{ try {{ return !!(await ({expression})) }} \
             catch (error) {{ return String(error) }} }})()"
        );
        let mut last = Value::Null;
        while Instant::now() < deadline {
            // A page that has just been left cannot answer; the next look sees the new one.
            last = self.eval(&guarded).unwrap_or(Value::Null);
            if last == Value::Bool(true) {
                return Ok(());
            }
            self.browser.connection.borrow_mut().listen(LOOK_AGAIN)?;
        }
        let problems = self.problems()?.join("\n");
        bail!("`{expression}` did not come true within {limit:?} (last answer: {last})\n{problems}")
    }

    /// Lets the page go on for a while.
    pub(crate) fn settle(&self, span: Duration) -> Result<()> {
        self.browser.connection.borrow_mut().listen(span)
    }

    /// Saves what the window shows as a PNG.
    pub(crate) fn screenshot(&self, file: &Path) -> Result<()> {
        let params = json!({ "format": "png", "captureBeyondViewport": false });
        let answer = self.call("Page.captureScreenshot", params)?;
        let encoded = text_of(&answer, "data")?;
        let picture = base64::engine::general_purpose::STANDARD.decode(encoded)?;
        fs::write(file, picture).with_context(|| format!("{} cannot be written", file.display()))
    }

    /// Every error and warning that the page and its workers reported since it was opened.
    pub(crate) fn problems(&self) -> Result<Vec<String>> {
        // A call makes Chromium deliver what it has said so far.
        self.call("Runtime.evaluate", json!({ "expression": "0" }))?;
        Ok(self.problems.borrow().clone())
    }

    pub(super) fn call(&self, method: &str, params: Value) -> Result<Value> {
        let mut connection = self.browser.connection.borrow_mut();
        let answer = connection.call(&self.session, method, &params);
        let workers = &mut *self.workers.borrow_mut();
        let mine =
            |event: &Event| event.session == self.session || workers.contains(&event.session);
        let events = connection.take_events(mine);
        for event in events {
            if event.method == "Target.attachedToTarget" {
                let session = text_of(&event.params, "sessionId")?;
                // A worker may be gone again before it hears this.
                connection.send(&session, "Runtime.enable", &json!({}))?;
                workers.push(session);
            } else if let Some(problem) = problem_in(&event) {
                self.problems.borrow_mut().push(problem);
            }
        }
        answer
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        // Nothing can be done about a browser that is already gone.
        let mut connection = self.browser.connection.borrow_mut();
        let _ = connection.call("", "Target.closeTarget", &json!({ "targetId": self.target }));
        let context = json!({ "browserContextId": self.context });
        let _ = connection.call("", "Target.disposeBrowserContext", &context);
    }
}

fn text_of(answer: &Value, field: &str) -> Result<String> {
    let text = answer[field].as_str().with_context(|| format!("Chromium told no {field}"))?;
    Ok(text.to_owned())
}

/// What a visitor's console would show in yellow or red.
fn problem_in(event: &Event) -> Option<String> {
    let params = &event.params;
    match event.method.as_str() {
        "Runtime.exceptionThrown" => {
            Some(format!("uncaught: {}", exception_text(&params["exceptionDetails"])))
        }
        "Runtime.consoleAPICalled" => {
            let kind = params["type"].as_str()?;
            let words: Vec<String> =
                params["args"].as_array()?.iter().map(shown_argument).collect();
            matches!(kind, "error" | "warning" | "assert")
                .then(|| format!("console.{kind}: {}", words.join(" ")))
        }
        "Log.entryAdded" => {
            let entry = &params["entry"];
            let level = entry["level"].as_str()?;
            let place = entry["url"].as_str().unwrap_or_default();
            matches!(level, "error" | "warning")
                .then(|| format!("{level}: {} {place}", entry["text"].as_str().unwrap_or_default()))
        }
        _ => None,
    }
}

fn shown_argument(argument: &Value) -> String {
    let value = &argument["value"];
    value
        .as_str()
        .or_else(|| argument["description"].as_str())
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn exception_text(details: &Value) -> String {
    details["exception"]["description"]
        .as_str()
        .or_else(|| details["exception"]["value"].as_str())
        .or_else(|| details["text"].as_str())
        .unwrap_or("an exception without words")
        .to_owned()
}
