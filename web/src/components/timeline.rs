//! Time from left to right: the counts of one service between its limits, events, and the cursor.
//! The whole ground is the scrubber.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::timeline_chart::View;
use crate::chart::{Axes, most};
use crate::deck::{Deck, use_deck};
use crate::feed::Feed;
use crate::hooks::use_room::use_room;
use crate::state::Window;
use crate::words::{clock, px};
use crate::worker::protocol::StepBy;

#[derive(Properties, PartialEq)]
pub struct TimelineProps {
    pub feed: Feed,
    pub service: Option<u16>,
    pub window: Window,
}

/// Left edge of the chart on a broad page: where the picture begins.
const LEFT: f64 = 288.0;
const LEFT_SMALL: f64 = 52.0;
/// A lower chart has no room for words beside it.
const SMALL: f64 = 175.0;

#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let deck = use_deck();
    let ground = use_node_ref();
    let room = use_room(&ground);
    let dragging = use_mut_ref(|| false);
    let frame = &props.feed.board.frame;
    let (from_ms, to_ms) = props.window.span(frame.now_ms, frame.until_ms);
    let small = room.height < SMALL;
    let index = props.service.or_else(|| (!frame.services.is_empty()).then_some(0));
    let service = index.and_then(|index| props.feed.board.service(index));
    let shelf = index.and_then(|index| props.feed.series.get(&index));
    let points = shelf.map(|shelf| shelf.items().to_vec()).unwrap_or_default();
    let milestones = index.map(|index| props.feed.milestones_of(index)).unwrap_or_default();
    let (top, bottom) = if small { (12.0, 58.0) } else { (16.0, 84.0) };
    let left = if small { LEFT_SMALL } else { LEFT };
    let right = (room.width - 16.0).max(left + 10.0);
    let axes = Axes { left, right, top, bottom, from_ms, to_ms, most: most(&points) };
    let view = View {
        feed: &props.feed,
        index: index.unwrap_or(0),
        service,
        points: &points,
        milestones: &milestones,
        axes,
        height: room.height,
        small,
    };
    let seek = move |deck: &Deck, event: &PointerEvent| {
        if let Some(element) = event
            .current_target()
            .and_then(|t| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(t).ok())
        {
            let x = f64::from(event.client_x()) - element.get_bounding_client_rect().left();
            deck.seek(axes.time_at(x));
        }
    };
    let onpointerdown = {
        let (deck, dragging) = (deck.clone(), dragging.clone());
        Callback::from(move |event: PointerEvent| {
            if let Some(element) = event.target_dyn_into::<web_sys::Element>() {
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            *dragging.borrow_mut() = true;
            seek(&deck, &event);
        })
    };
    let onpointermove = {
        let (deck, dragging) = (deck.clone(), dragging.clone());
        Callback::from(move |event: PointerEvent| {
            if *dragging.borrow() {
                seek(&deck, &event);
            }
        })
    };
    let stage = service.and_then(|service| service.stage.as_ref());
    let stage = stage.map_or_else(String::new, |stage| format!(", stage {stage}"));
    let spoken = format!("{} of {}{stage}", clock(frame.now_ms), clock(frame.until_ms));
    let release = Callback::from(move |_: PointerEvent| *dragging.borrow_mut() = false);
    let onkeydown = Callback::from(move |event: KeyboardEvent| scrub_key(&deck, &event));
    html! {
        <div class="tl" ref={ground} data-testid="timeline" {onpointerdown} {onpointermove}
            onpointerup={release.clone()} onpointercancel={release}>
            if room.width > 0.0 { { view.draw(room.width) } }
            <div class="grab" tabindex="0" role="slider" aria-label="Time" data-testid="scrubber"
                aria-valuemin="0" aria-valuemax={(frame.until_ms / 1000).to_string()}
                aria-valuenow={(frame.now_ms / 1000).to_string()}
                aria-valuetext={spoken}
                style={format!("left:{}px;width:{}px", px(left), px(right - left))} {onkeydown} />
        </div>
    }
}

/// Arrows go by event, with Shift by decision, with Ctrl by ten seconds; Home and End to the ends.
fn scrub_key(deck: &Deck, event: &KeyboardEvent) {
    let (now, until) = {
        let feed = deck.player.feed.borrow();
        (feed.board.frame.now_ms, feed.board.frame.until_ms)
    };
    let back = event.key() == "ArrowLeft";
    match event.key().as_str() {
        "ArrowLeft" | "ArrowRight" if event.ctrl_key() => {
            deck.seek(if back { now.saturating_sub(10_000) } else { now + 10_000 });
        }
        "ArrowLeft" | "ArrowRight" if event.shift_key() => deck.step(StepBy::Decision, back),
        "ArrowLeft" | "ArrowRight" => deck.step(StepBy::Event, back),
        "Home" => deck.seek(0),
        "End" => deck.seek(until),
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}
