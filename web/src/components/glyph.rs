//! One tile on a canvas of its own, drawn by the code that draws the picture.

use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use crate::canvas::scene::Tile;
use crate::canvas::stage::{Ground, draw_alone};
use crate::hooks::use_theme::ThemeEpoch;

#[derive(Properties, PartialEq)]
pub struct GlyphProps {
    pub tile: Tile,
    pub ground: Ground,
}

#[component]
pub fn Glyph(props: &GlyphProps) -> Html {
    let canvas = use_node_ref();
    let epoch = use_context::<ThemeEpoch>().unwrap_or_default();
    {
        let canvas = canvas.clone();
        let drawn = (props.tile.clone(), props.ground, epoch);
        use_effect_with(drawn, move |(tile, ground, _)| {
            if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
                draw_alone(&canvas, tile, *ground);
            }
        });
    }
    html! { <canvas ref={canvas} aria-hidden="true" /> }
}
