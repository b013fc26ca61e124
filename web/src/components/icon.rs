//! Icons: one 16 grid, one stroke.

use yew::prelude::*;

fn path(name: &str) -> &'static str {
    match name {
        "theme" => "M8 1.8a6.2 6.2 0 1 0 0 12.4zM8 1.8a6.2 6.2 0 0 1 0 12.4",
        "contrast" => "M2.5 3.5h11v9h-11zM8 3.5v9M10 6h2M10 8h2M10 10h2",
        "first" => "M3.5 3v10M12.5 3.5 6 8l6.5 4.5z",
        "prev" => "M11 3.5 4.5 8l6.5 4.5z",
        "next" => "M5 3.5 11.5 8 5 12.5z",
        "last" => "M12.5 3v10M3.5 3.5 10 8l-6.5 4.5z",
        "play" => "M5 3.2 12.5 8 5 12.8z",
        "pause" => "M5.5 3.5v9M10.5 3.5v9",
        "down" => "M4.5 6.5 8 10l3.5-3.5",
        "right" => "M6 4l4 4-4 4",
        "cross" => "M4.5 4.5l7 7M11.5 4.5l-7 7",
        "plus" => "M8 3.5v9M3.5 8h9",
        "minus" => "M3.5 8h9",
        "table" => "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6",
        "check" => "M3.5 8.5 6.5 11.5 12.5 4.5",
        "copy" => "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
        "fold" => "M3 6l5 5 5-5",
        "undo" => "M6 3.5 3 6.5l3 3M3 6.5h6.2a3.4 3.4 0 0 1 0 6.8H6.5",
        "redo" => "M10 3.5l3 3-3 3M13 6.5H6.8a3.4 3.4 0 0 0 0 6.8h2.7",
        "open" => "M2.5 12.5v-9h4l1.5 2h5.5v7zM8 7.5v3M6.5 9h3",
        _ => "",
    }
}

pub(super) fn icon(name: &str) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d={path(name)} /></svg>
    }
}

/// The mark of the project.
pub(super) fn brand() -> Html {
    html! {
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d="M1.5 1.5h17v17h-17z" fill="none" stroke="currentColor" stroke-width="1.5" />
            <path d="M4 4h6v5H4zM4 11h3v5H4zM9 11h7v5H9z" fill="currentColor" />
        </svg>
    }
}
