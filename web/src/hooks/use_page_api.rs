//! `globalThis.playground`: what a test or a curious reader may ask the page.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::Element;
use yew::prelude::*;

use crate::canvas::geometry::Rect;
use crate::canvas::hit::hit;
use crate::canvas::scene::Target;
use crate::deck::Deck;
use crate::model::Board;
use crate::player::Player;

/// Offers the interface as long as the page stands.
#[hook]
pub fn use_page_api(deck: &Option<Deck>) {
    use_effect_with(deck.clone(), |deck| {
        if let Some(deck) = deck {
            let offered = offer(deck);
            let _ = Reflect::set(&js_sys::global(), &"playground".into(), &offered);
        }
    });
}

fn offer(deck: &Deck) -> Object {
    let api = Object::new();
    let board = |deck: &Deck| deck.player.feed.borrow().board.clone();
    let answers = |name: &str, answer: Box<dyn Fn(JsValue, JsValue) -> JsValue>| {
        let function = Closure::<dyn Fn(JsValue, JsValue) -> JsValue>::new(answer);
        let _ = Reflect::set(&api, &name.into(), function.as_ref());
        function.forget();
    };
    let here = deck.clone();
    answers("digest", Box::new(move |_, _| board(&here).frame.digest.as_str().into()));
    let here = deck.clone();
    answers("time", Box::new(move |_, _| (board(&here).frame.now_ms as f64).into()));
    let here = deck.clone();
    answers("until", Box::new(move |_, _| (board(&here).frame.until_ms as f64).into()));
    let here = deck.clone();
    answers("finished", Box::new(move |_, _| board(&here).frame.finished.into()));
    let here = deck.clone();
    answers("counts", Box::new(move |_, _| counts(&board(&here))));
    let here = deck.clone();
    answers(
        "doc",
        Box::new(move |_, _| js_sys::JSON::parse(&board(&here).document).unwrap_or(JsValue::NULL)),
    );
    let here = deck.clone();
    answers("frames", Box::new(move |_, _| frames(&here.player)));
    let here = deck.clone();
    answers(
        "locate",
        Box::new(move |id, _| {
            id.as_string().and_then(|id| locate(&here.player, &id)).unwrap_or(JsValue::NULL)
        }),
    );
    let here = deck.clone();
    answers(
        "at",
        Box::new(move |x, y| {
            let point = x.as_f64().zip(y.as_f64());
            point.and_then(|(x, y)| at(&here.player, x, y)).map_or(JsValue::NULL, JsValue::from)
        }),
    );
    api
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

/// Instances, tasks by state, and per service what runs.
fn counts(board: &Board) -> JsValue {
    let totals = board.totals();
    let services = Object::new();
    for service in &board.frame.services {
        let row = object(&[
            ("desired", service.desired.into()),
            ("running", service.running.into()),
            ("pending", service.pending.into()),
        ]);
        let _ = Reflect::set(&services, &service.name.as_str().into(), &row);
    }
    let ids: Array =
        board.frame.tasks.iter().map(|task| JsValue::from(&*board.names.id(task.key))).collect();
    object(&[
        ("instances", (board.live_hosts().count() as u32).into()),
        ("tasks", (board.frame.tasks.len() as u32).into()),
        ("running", (totals.running as f64).into()),
        ("starting", (totals.starting as f64).into()),
        ("stopping", (totals.stopping as f64).into()),
        ("services", services.into()),
        ("ids", ids.into()),
    ])
}

fn frames(player: &Player) -> JsValue {
    let [interval, interval_95, script, script_95] = player.pace.borrow().summary();
    object(&[
        ("intervalMedian", interval.into()),
        ("intervalP95", interval_95.into()),
        ("scriptMedian", script.into()),
        ("scriptP95", script_95.into()),
    ])
}

/// The canvas in the window.
fn ground() -> Option<(f64, f64)> {
    let document = web_sys::window()?.document()?;
    let ground: Element = document.query_selector(".ground").ok()??;
    let rect = ground.get_bounding_client_rect();
    Some((rect.left(), rect.top()))
}

/// The rectangle of a task or an instance in px of the window.
fn locate(player: &Player, id: &str) -> Option<JsValue> {
    let board = player.feed.borrow().board.clone();
    let host = board.live_hosts().find(|(_, host, _)| host.id == id).map(|(index, _, _)| index);
    let target = host.map(Target::Host).or_else(|| board.names.key(id).map(Target::Task))?;
    let stage = player.stage.borrow();
    let Rect { x, y, w, h } = stage.as_ref()?.scene().locate(target)?;
    let (left, top) = ground()?;
    Some(object(&[
        ("x", (left + x).into()),
        ("y", (top + y).into()),
        ("width", w.into()),
        ("height", h.into()),
    ]))
}

/// The id of what stands at a point of the window.
fn at(player: &Player, x: f64, y: f64) -> Option<String> {
    let (left, top) = ground()?;
    let stage = player.stage.borrow();
    let scene = stage.as_ref()?.scene();
    let board = player.feed.borrow().board.clone();
    match hit(scene, x - left, y - top)? {
        Target::Task(key) => Some(board.names.id(key).to_string()),
        Target::Host(index) => board.hosts.get(index as usize).map(|host| host.id.clone()),
        Target::Zone(zone) => Some(board.zone_name(Some(zone)).to_owned()),
    }
}
