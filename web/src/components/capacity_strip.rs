//! How full each source of capacity is, and the digest of the run.

use yew::prelude::*;

use super::icon::icon;
use super::says::strong;
use crate::capacity::{Source, sources};
use crate::hooks::copy_text;
use crate::model::Board;
use crate::words::grouped;

pub(crate) fn capacity_strip(board: &Board) -> Html {
    let digest = board.frame.digest.clone();
    let copied = digest.clone();
    html! {
        <>
            <div class="strip cap-l">
                <span class="cap">{ "Capacity" }</span>
                <span class="dim grow num micro">{ "memory reserved" }</span>
            </div>
            <div class="strip cap-m" data-testid="capacity">
                { for sources(board).into_iter().map(source) }
            </div>
            <div class="strip cap-r">
                <span class="digest dim">{ "digest " }
                    <span class="mono mid" data-testid="digest">{ grouped(&digest) }</span>
                </span>
                <button class="btn quiet square small" aria-label="Copy digest" title="Copy digest"
                    onclick={move |_| copy_text(&copied)}>{ icon("copy") }</button>
            </div>
        </>
    }
}

fn source(source: Source) -> Html {
    let Source { name, count, reserved } = source;
    html! {
        <span class="prov" key={name.clone()}>
            <span>
                <span class="dim">{ format!("{name} ") }</span>
                { strong(&count.to_string()) }
            </span>
            if let Some(reserved) = reserved {
                <span class="meter" style={format!("--v:{reserved}%")}><i></i></span>
                <span>{ format!("{reserved}%") }</span>
            }
        </span>
    }
}
