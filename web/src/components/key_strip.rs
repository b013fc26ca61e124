//! The key to the picture.

use yew::prelude::*;

use super::glyph::Glyph;
use crate::canvas::geometry::Rect;
use crate::canvas::scene::{Look, Tile};
use crate::canvas::stage::Ground;

const ENTRIES: [(&str, Look, u8); 6] = [
    ("provisioning", Look::Provisioning, 0),
    ("pending", Look::Pending, 0),
    ("activating", Look::Activating, 0),
    ("running", Look::Running, 0),
    ("stopping", Look::Going, 0),
    ("previous revision", Look::Running, 1),
];

fn sample(look: Look, age: u8) -> Tile {
    Tile {
        key: 0,
        rect: Rect::new(0.5, 0.5, 21.0, 14.0),
        hue: 1,
        again: false,
        age,
        look,
        unhealthy: false,
        unknown: false,
        protected: false,
        open: (false, false),
        code: "".into(),
        revision: 0,
        foot: None,
    }
}

pub(super) fn key_strip() -> Html {
    html! {
        <div class="key" aria-label="Key" data-testid="key">
            { for ENTRIES.iter().map(|(word, look, age)| html! {
                <span key={*word}>
                    <Glyph tile={sample(*look, *age)} ground={Ground::Picture} />{ *word }
                </span>
            }) }
        </div>
    }
}
