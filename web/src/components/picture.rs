//! What is: the canvas and the real elements over it.

use web_sys::{HtmlCanvasElement, HtmlElement};
use yew::prelude::*;

use super::chooser::{Choice, segments};
use super::cluster_table::ClusterTable;
use super::icon::icon;
use super::key_strip::key_strip;
use super::live_region::summary;
use super::waiting_room::waiting_room;
use crate::canvas::geometry::Rect;
use crate::canvas::hit::hit;
use crate::canvas::scene::{Mode, Target};
use crate::canvas::stage::{MARGIN, Stage};
use crate::deck::{Deck, use_deck};
use crate::feed::Feed;
use crate::hooks::use_room::use_room;
use crate::hooks::use_theme::ThemeEpoch;
use crate::model::Board;
use crate::player::Frames;
use crate::state::Action;
use crate::words::{count, percent, px, thousands};

#[derive(Properties, PartialEq)]
pub struct PictureProps {
    pub feed: Feed,
    pub selected: Option<Target>,
    pub mode: Mode,
    pub table: bool,
}

#[component]
pub fn Picture(props: &PictureProps) -> Html {
    let deck = use_deck();
    let pointed = use_state(|| None::<Target>);
    let modes = [Mode::Slots, Mode::Bars];
    let chosen = modes.iter().position(|mode| *mode == props.mode).unwrap_or(0);
    let on_choose = {
        let deck = deck.clone();
        Callback::from(move |index: usize| deck.act(Action::Mode(modes[index.min(1)])))
    };
    let toggle = {
        let deck = deck.clone();
        Callback::from(move |_| deck.act(Action::ToggleTable))
    };
    let about = (*pointed).map(|target| about(&props.feed, target)).filter(|text| !text.is_empty());
    let point = {
        Callback::from(move |target: Option<Target>| {
            if *pointed != target {
                pointed.set(target);
            }
        })
    };
    let options = vec!["Slots".into(), "Bars".into()];
    let choice = Choice { label: "Tiles as", options, chosen, on_choose, testid: "mode" };
    html! {
        <main class="pic" aria-label="Picture of the cluster">
            <div class={classes!("tools", props.table.then_some("always"))}>
                { segments(&choice) }
                <button class="btn quiet square" aria-label="Show as table (t)"
                    title="Show as table (t)"
                    aria-pressed={props.table.to_string()} onclick={toggle} data-testid="table">
                    { icon("table") }
                </button>
                <span class="grow" />
                if let Some(about) = about {
                    <p class="about" data-testid="about">{ about }</p>
                } else {
                    { key_strip() }
                }
            </div>
            if props.table {
                <ClusterTable board={props.feed.board.clone()} selected={props.selected} />
            } else {
                <Zones feed={props.feed.clone()} selected={props.selected} mode={props.mode}
                    {point} />
            }
            { waiting_room(&deck, &props.feed.board) }
        </main>
    }
}

/// One line on what is pointed at.
fn about(feed: &Feed, target: Target) -> String {
    let board = &feed.board;
    match target {
        Target::Task(key) => board.task(key).map(|task| board.full_name(task)).unwrap_or_default(),
        Target::Host(index) => {
            let found = board.live_hosts().find(|(live, _, _)| *live == index);
            found.map_or_else(String::new, |(_, host, state)| {
                format!(
                    "instance {}, {}, {}, {} MiB and {} cpu left",
                    host.id,
                    host.instance_type,
                    state.status.word(),
                    thousands(u64::from(state.memory_left)),
                    thousands(u64::from(state.cpu_left)),
                )
            })
        }
        Target::Zone(_) => String::new(),
    }
}

#[derive(Properties, PartialEq)]
struct ZonesProps {
    feed: Feed,
    selected: Option<Target>,
    mode: Mode,
    point: Callback<Option<Target>>,
}

#[component]
fn Zones(props: &ZonesProps) -> Html {
    let deck = use_deck();
    let room = use_node_ref();
    let (ground, overlay) = (use_node_ref(), use_node_ref());
    let frames = use_state(Frames::default);
    let epoch = use_context::<ThemeEpoch>().unwrap_or_default();
    use_stage(&deck, &ground, &overlay, &frames);
    let area = use_room(&room);
    {
        let (deck, shown) = (deck.clone(), (area, props.mode, props.selected));
        use_effect_with(shown, move |(area, mode, selected)| {
            deck.player.with_stage(|stage| {
                stage.resize(*area);
                stage.set_mode(*mode);
                stage.selected = *selected;
            });
        });
    }
    {
        let deck = deck.clone();
        use_effect_with(epoch, move |_| deck.player.with_stage(Stage::retheme));
    }
    let onclick = {
        let deck = deck.clone();
        Callback::from(move |event: MouseEvent| {
            deck.act(Action::Select(under(&deck, &event)));
        })
    };
    let onpointermove = {
        let (deck, point) = (deck.clone(), props.point.clone());
        Callback::from(move |event: PointerEvent| {
            if event.pointer_type() == "mouse" {
                hover(&deck, &point, under(&deck, &event));
            }
        })
    };
    let onpointerleave = {
        let (deck, point) = (deck.clone(), props.point.clone());
        Callback::from(move |_: PointerEvent| hover(&deck, &point, None))
    };
    let tall = frames.height > area.height + 1.0 && !area.stacked;
    html! {
        <div class={classes!("zones", (!tall).then_some("plain"))} ref={room} data-testid="picture">
            <div class="ground" style={format!("height:{}px", px(frames.height))}>
                <div key="sheets">
                    <canvas ref={ground} role="img" aria-label={summary(&props.feed)}
                        {onclick} {onpointermove} {onpointerleave} />
                    <canvas ref={overlay} aria-hidden="true" />
                </div>
                <div key="heads">{ for frames.zones.iter().enumerate().map(|(index, rect)| html! {
                    { zone(&deck, &props.feed.board, index as u16, *rect,
                        props.selected == Some(Target::Zone(index as u16))) }
                }) }</div>
                { focus(&props.feed, props.selected, frames.focus) }
            </div>
        </div>
    }
}

/// Hands the canvases to the player for as long as they stand in the page.
#[hook]
fn use_stage(deck: &Deck, ground: &NodeRef, overlay: &NodeRef, frames: &UseStateHandle<Frames>) {
    let (player, setter) = (deck.player.clone(), frames.setter());
    let (ground, overlay) = (ground.clone(), overlay.clone());
    use_effect_with((), move |()| {
        let sheets = ground.cast::<HtmlCanvasElement>().zip(overlay.cast::<HtmlCanvasElement>());
        let stage = sheets.and_then(|(ground, overlay)| Stage::new(ground, overlay));
        if stage.is_none() {
            player.refuse("This browser gives no canvas to draw on. Press t for the table.");
        }
        *player.stage.borrow_mut() = stage;
        player.on_frames(move |frames| setter.set(frames));
        player.with_stage(|_| {});
        move || *player.stage.borrow_mut() = None
    });
}

fn under(deck: &Deck, event: &MouseEvent) -> Option<Target> {
    let stage = deck.player.stage.borrow();
    let (x, y) = (f64::from(event.offset_x()) - MARGIN, f64::from(event.offset_y()));
    hit(stage.as_ref()?.scene(), x, y)
}

fn hover(deck: &Deck, point: &Callback<Option<Target>>, target: Option<Target>) {
    let changed = deck.player.stage.borrow().as_ref().is_some_and(|s| s.hovered != target);
    if changed {
        if let Some(stage) = deck.player.stage.borrow_mut().as_mut() {
            stage.hovered = target;
        }
        deck.player.wake();
    }
    point.emit(target);
}

/// A rectangle of the picture as the place of an element over it.
fn box_of(rect: Rect) -> String {
    let Rect { x, y, w, h } = rect;
    format!("left:{}px;top:{}px;width:{}px;height:{}px", px(x), px(y), px(w), px(h))
}

/// A zone's header: a real button with its roll-up.
fn zone(deck: &Deck, board: &Board, index: u16, rect: Rect, here: bool) -> Html {
    let (deck, target) = (deck.clone(), Target::Zone(index));
    let onclick = Callback::from(move |_| deck.act(Action::Select(Some(target))));
    let hosts: Vec<_> = board.live_hosts().filter(|(_, h, _)| h.zone == index).collect();
    let (used, whole) = hosts.iter().fold((0, 0), |(used, whole), (_, host, state)| {
        let reserved = host.memory.saturating_sub(state.memory_left);
        (used + u64::from(reserved), whole + u64::from(host.memory))
    });
    let tasks = board.frame.tasks.iter().filter(|t| board.zone_of(t) == Some(index)).count();
    let tasks = count(tasks as u64, "task");
    let roll_up =
        if whole > 0 { format!("{}% full, {tasks}", percent(used, whole)) } else { tasks };
    let name = board.zone_name(Some(index)).to_owned();
    html! {
        <section key={index} class="zone" aria-label={name.clone()} style={box_of(rect)}>
            <header>
                <h3><button {onclick} data-testid={format!("zone-{name}")}>
                    <b class={classes!(here.then_some("here"))}>{ name }</b>
                    <span>{ roll_up }</span>
                </button></h3>
                if whole > 0 { <small>{ "% cpu" }</small><small>{ "mem" }</small> }
            </header>
        </section>
    }
}

/// A real element over the focused object, with its full name: one stop of the tab key.
fn focus(feed: &Feed, selected: Option<Target>, rect: Option<Rect>) -> Html {
    let name = match selected {
        Some(target) => about(feed, target),
        None => "Picture of the cluster. Arrow keys go from instance to instance, Enter goes in, \
                 Escape goes out."
            .to_owned(),
    };
    let place = rect.map(box_of);
    let class = classes!("focused", place.is_none().then_some("none"));
    html! {
        <button key="focus" {class} style={place} aria-label={name} data-picture="true"
            data-testid="focus" />
    }
}

/// Puts the focus on the element over the selected object.
pub fn focus_picture() {
    let document = web_sys::window().and_then(|window| window.document());
    let found = document.and_then(|d| d.query_selector("[data-picture]").ok().flatten());
    if let Some(element) = found.and_then(|e| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(e).ok())
    {
        let _ = element.focus();
    }
}
