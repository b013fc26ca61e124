//! Effects: everything that listens to the browser.

pub mod use_drop;
pub mod use_keys;
pub mod use_page_api;
pub mod use_room;
pub mod use_theme;

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::FileList;
use yew::Callback;

use crate::worker::protocol::ImportFile;

/// Files over this size are not read; a real cluster's answers are far below.
const FILE_MOST: f64 = 64.0 * 1024.0 * 1024.0;

/// Copies a text; a browser that refuses leaves the clipboard as it is.
pub fn copy_text(text: &str) {
    let Some(window) = web_sys::window() else { return };
    let writing = window.navigator().clipboard().write_text(text);
    spawn_local(async move {
        let _ = JsFuture::from(writing).await;
    });
}

/// Reads files as text and hands them over together, in the order given.
pub fn read_files(list: &FileList, done: Callback<Vec<ImportFile>>) {
    let files: Vec<web_sys::File> = (0..list.length()).filter_map(|i| list.get(i)).collect();
    spawn_local(async move {
        let mut read = Vec::with_capacity(files.len());
        for file in files {
            let name = file.name();
            if file.size() > FILE_MOST {
                let text = format!("{name} is larger than 64 MB");
                web_sys::console::warn_1(&text.into());
                continue;
            }
            let text = JsFuture::from(file.text()).await;
            let text = text.ok().and_then(|text| text.as_string()).unwrap_or_default();
            read.push(ImportFile { name, text });
        }
        done.emit(read);
    });
}
