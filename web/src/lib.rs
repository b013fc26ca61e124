//! The playground: the engine in a browser page.

use wasm_bindgen::prelude::wasm_bindgen;
use yew::{Html, component, html};

/// The page's frame.
#[component]
fn App() -> Html {
    html! { <main><h1>{ "Stowplan" }</h1></main> }
}

/// Draws the page; the shell calls this once the module is loaded.
#[wasm_bindgen]
pub fn start() {
    yew::Renderer::<App>::new().render();
}
