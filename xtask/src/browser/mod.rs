//! Driving a real Chromium over the DevTools protocol, as a visitor's hands and eyes would.
//!
//! ```text
//! Browser::start -> open(url, View) -> Page { eval, wait_for, click, press, screenshot, problems }
//! ```

mod connection;
mod input;
mod launch;
mod page;

pub(crate) use launch::Browser;
pub(crate) use page::{Page, Theme, View};
