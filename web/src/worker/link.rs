//! The engine's end of the wire: a worker's own scope, or a port when the page has no workers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Reflect, Uint32Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort};

use super::pack::pack;
use super::protocol::{FromEngine, ToEngine};
use super::reactor::Reactor;

/// Where the page leaves a port when the engine must share its thread.
const LOCAL_PORT: &str = "stowplanEnginePort";
/// How long one turn may take, wall-clock ms: in a worker, and on the page's own thread.
const TURN_MS: f64 = 12.0;
const LOCAL_TURN_MS: f64 = 4.0;
/// The pause between turns, ms.
const PAUSE_MS: i32 = 4;

enum End {
    Worker(DedicatedWorkerGlobalScope),
    Port(MessagePort),
}

impl End {
    fn find() -> Option<Self> {
        let global = js_sys::global();
        if let Some(scope) = global.dyn_ref::<DedicatedWorkerGlobalScope>() {
            return Some(Self::Worker(scope.clone()));
        }
        Reflect::get(&global, &LOCAL_PORT.into()).ok()?.dyn_into().ok().map(Self::Port)
    }

    fn listen(&self, heard: &Function) {
        match self {
            Self::Worker(scope) => scope.set_onmessage(Some(heard)),
            Self::Port(port) => port.set_onmessage(Some(heard)),
        }
    }

    fn post(&self, message: &JsValue, handed_over: &Array) {
        // A page that has gone hears nothing; there is nobody left to tell.
        let _ = match self {
            Self::Worker(scope) => scope.post_message_with_transfer(message, handed_over),
            Self::Port(port) => port.post_message_with_transferable(message, handed_over),
        };
    }
}

struct Server {
    end: End,
    reactor: RefCell<Reactor>,
    turning: Cell<bool>,
    turn: RefCell<Option<Function>>,
}

/// Serves the page until it goes.
pub fn serve() {
    let Some(end) = End::find() else { return };
    let turn_ms = match &end {
        End::Worker(_) => TURN_MS,
        End::Port(_) => LOCAL_TURN_MS,
    };
    let reactor = RefCell::new(Reactor::new(turn_ms, wall_ms));
    let server =
        Rc::new(Server { end, reactor, turning: Cell::new(false), turn: RefCell::new(None) });
    let turning = Rc::clone(&server);
    let turn = Closure::<dyn FnMut()>::new(move || turning.turn());
    *server.turn.borrow_mut() = Some(turn.into_js_value().unchecked_into());
    let hearing = Rc::clone(&server);
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        hearing.hear(event.data());
    });
    server.end.listen(heard.into_js_value().unchecked_ref());
    server.send(FromEngine::Ready);
}

impl Server {
    fn hear(&self, data: JsValue) {
        let answers = match serde_wasm_bindgen::from_value::<ToEngine>(data) {
            Ok(order) => self.reactor.borrow_mut().order(order),
            Err(problem) => vec![FromEngine::Problem(problem.to_string())],
        };
        answers.into_iter().for_each(|answer| self.send(answer));
        self.schedule();
    }

    fn turn(&self) {
        self.turning.set(false);
        let news = self.reactor.borrow_mut().turn();
        if let Some(message) = news {
            self.send(message);
        }
        self.schedule();
    }

    /// Asks for another turn while time runs.
    fn schedule(&self) {
        if !self.reactor.borrow().wants_a_turn() || self.turning.replace(true) {
            return;
        }
        let global = js_sys::global();
        let later = Reflect::get(&global, &"setTimeout".into()).ok();
        if let (Some(later), Some(turn)) =
            (later.and_then(|f| f.dyn_into::<Function>().ok()), self.turn.borrow().as_ref())
        {
            let _ = later.call2(&global, turn, &PAUSE_MS.into());
        }
    }

    fn send(&self, message: FromEngine) {
        let words = match &message {
            FromEngine::Frame(frame) => Some(pack(&frame.host_states, &frame.tasks)),
            _ => None,
        };
        // What the protocol's types hold can always be written.
        let Ok(value) = serde_wasm_bindgen::to_value(&message) else { return };
        let parts = Array::of1(&value);
        let handed_over = Array::new();
        if let Some(words) = words {
            let buffer = Uint32Array::from(words.as_slice());
            parts.push(&buffer);
            handed_over.push(&buffer.buffer());
        }
        self.end.post(&parts, &handed_over);
    }
}

/// The wall clock where this runs, ms.
fn wall_ms() -> f64 {
    js_sys::Date::now()
}
