//! The visitor's mouse and keyboard, as real input events.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::json;

use super::page::Page;

/// Keys that have a name rather than a letter: name, code, virtual key, text typed.
const NAMED_KEYS: [(&str, &str, u32, &str); 14] = [
    ("Enter", "Enter", 13, "\r"),
    ("Tab", "Tab", 9, ""),
    ("Escape", "Escape", 27, ""),
    ("Space", "Space", 32, " "),
    ("Backspace", "Backspace", 8, ""),
    ("Delete", "Delete", 46, ""),
    ("Home", "Home", 36, ""),
    ("End", "End", 35, ""),
    ("PageUp", "PageUp", 33, ""),
    ("PageDown", "PageDown", 34, ""),
    ("ArrowLeft", "ArrowLeft", 37, ""),
    ("ArrowUp", "ArrowUp", 38, ""),
    ("ArrowRight", "ArrowRight", 39, ""),
    ("ArrowDown", "ArrowDown", 40, ""),
];

impl Page<'_> {
    /// Clicks at a place of the window, in CSS pixels.
    pub(crate) fn click(&self, x: f64, y: f64) -> Result<()> {
        self.mouse("mouseMoved", x, y, 0)?;
        self.mouse("mousePressed", x, y, 1)?;
        self.mouse("mouseReleased", x, y, 0)
    }

    /// Moves the pointer to a place of the window.
    pub(crate) fn point_at(&self, x: f64, y: f64) -> Result<()> {
        self.mouse("mouseMoved", x, y, 0)
    }

    /// Presses at one place, moves to another and lets go there.
    pub(crate) fn drag(&self, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        const STEPS: u32 = 8;
        self.mouse("mouseMoved", from.0, from.1, 0)?;
        self.mouse("mousePressed", from.0, from.1, 1)?;
        for step in 1..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let x = from.0 + (to.0 - from.0) * share;
            let y = from.1 + (to.1 - from.1) * share;
            self.mouse("mouseMoved", x, y, 1)?;
        }
        self.mouse("mouseReleased", to.0, to.1, 0)
    }

    /// Touches a place of the window with a finger.
    pub(crate) fn tap(&self, x: f64, y: f64) -> Result<()> {
        let points = json!([{ "x": x, "y": y }]);
        let begin = json!({ "type": "touchStart", "touchPoints": points });
        self.call("Input.dispatchTouchEvent", begin)?;
        self.call("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] }))?;
        Ok(())
    }

    /// Drags files over a place of the window and lets them go there.
    pub(crate) fn drop_files(&self, files: &[PathBuf], x: f64, y: f64) -> Result<()> {
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": kind, "x": x, "y": y, "data": data });
            self.call("Input.dispatchDragEvent", event)?;
        }
        Ok(())
    }

    /// Clicks the middle of the first element that a selector finds.
    pub(crate) fn click_on(&self, selector: &str) -> Result<()> {
        let quoted = json!(selector);
        let middle = self.eval(&format!(
            "(() => {{ const found = document.querySelector({quoted}); if (!found) return null; \
             found.scrollIntoView({{ block: 'nearest', inline: 'nearest' }}); \
             const box = found.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2] }})()"
        ))?;
        let (Some(x), Some(y)) = (middle[0].as_f64(), middle[1].as_f64()) else {
            bail!("nothing on the page matches {selector}");
        };
        self.click(x, y)
    }

    /// Presses and lets go of a key: a letter, or a name such as `Enter` or `ArrowLeft`.
    pub(crate) fn press(&self, key: &str) -> Result<()> {
        let named = NAMED_KEYS.iter().find(|it| it.0 == key);
        let (value, code, number, text) = match named {
            Some(&("Space", code, number, text)) => (" ", code.to_owned(), number, text),
            Some(&(name, code, number, text)) => (name, code.to_owned(), number, text),
            None => match key.chars().next() {
                Some(letter) if key.chars().count() == 1 => {
                    let upper = letter.to_ascii_uppercase();
                    (key, format!("Key{upper}"), u32::from(upper), key)
                }
                _ => bail!("the keyboard has no key {key:?}"),
            },
        };
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": kind, "key": value, "code": code, "text": text,
                "windowsVirtualKeyCode": number }),
        )?;
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": value, "code": code,
                "windowsVirtualKeyCode": number }),
        )?;
        Ok(())
    }

    /// Types text into what has the focus.
    pub(crate) fn type_text(&self, text: &str) -> Result<()> {
        self.call("Input.insertText", json!({ "text": text }))?;
        Ok(())
    }

    fn mouse(&self, kind: &str, x: f64, y: f64, buttons: u32) -> Result<()> {
        let button = if kind == "mouseMoved" && buttons == 0 { "none" } else { "left" };
        let params = json!({ "type": kind, "x": x, "y": y, "button": button,
            "buttons": buttons, "clickCount": u32::from(kind != "mouseMoved") });
        self.call("Input.dispatchMouseEvent", params)?;
        Ok(())
    }
}
