//! The page's side of the engine: sends orders, takes frames, keeps the picture up to date.
//!
//! Frames reach the picture at once; the components hear of them at most ten times a second.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Uint32Array};
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen::{JsCast, JsError};
use web_sys::{MessageChannel, MessageEvent, MessagePort, Worker, WorkerOptions, WorkerType};

use crate::canvas::geometry::Rect;
use crate::canvas::motion::Liveliness;
use crate::canvas::stage::Stage;
use crate::feed::Feed;
use crate::state::{Action, Arrival};
use crate::worker::pack::unpack;
use crate::worker::protocol::{FromEngine, ImportFile, ToEngine};

/// Components are renewed no more often than this, wall-clock ms.
const RENEWAL_MS: f64 = 100.0;
/// The name under which the engine finds its port when it runs on the page's own thread.
pub const LOCAL_PORT: &str = "stowplanEnginePort";

/// What the picture's components need to place things over the canvas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frames {
    pub zones: Vec<Rect>,
    pub height: f64,
    /// Where the selected object stands.
    pub focus: Option<Rect>,
}

/// Statistics of the last frames, for measurements.
#[derive(Default)]
pub struct Pace {
    last: Option<f64>,
    intervals: VecDeque<f64>,
    scripts: VecDeque<f64>,
}

impl Pace {
    const KEPT: usize = 300;

    fn record(&mut self, now: f64, script: f64) {
        if let Some(last) = self.last.replace(now) {
            self.intervals.push_back(now - last);
        }
        self.scripts.push_back(script);
        while self.scripts.len() > Self::KEPT {
            self.scripts.pop_front();
        }
        while self.intervals.len() > Self::KEPT {
            self.intervals.pop_front();
        }
    }

    /// Median and 95th percentile of intervals and of script times.
    #[must_use]
    pub fn summary(&self) -> [f64; 4] {
        let at = |list: &VecDeque<f64>, part: f64| {
            let mut sorted: Vec<f64> = list.iter().copied().collect();
            sorted.sort_by(f64::total_cmp);
            let index = ((sorted.len() as f64) * part) as usize;
            sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
        };
        [
            at(&self.intervals, 0.5),
            at(&self.intervals, 0.95),
            at(&self.scripts, 0.5),
            at(&self.scripts, 0.95),
        ]
    }
}

enum Port {
    Worker(Worker),
    Local(MessagePort),
}

impl Port {
    fn post(&self, message: &JsValue) -> Result<(), JsValue> {
        match self {
            Self::Worker(worker) => worker.post_message(message),
            Self::Local(port) => port.post_message(message),
        }
    }
}

/// See the module.
pub struct Player {
    port: Port,
    ready: Cell<bool>,
    queue: RefCell<Vec<ToEngine>>,
    title: RefCell<Rc<str>>,
    pub feed: RefCell<Feed>,
    pub stage: RefCell<Option<Stage>>,
    pub pace: RefCell<Pace>,
    listener: RefCell<Option<Rc<dyn Fn(Frames)>>>,
    told: RefCell<Frames>,
    dispatch: Box<dyn Fn(Action)>,
    renewed_at: Cell<f64>,
    news: Cell<bool>,
    unshown: Cell<bool>,
    asked: Cell<bool>,
    liveliness: Cell<Liveliness>,
    callback: RefCell<Option<Closure<dyn FnMut(f64)>>>,
}

impl Player {
    /// Starts the engine: in a worker, or, where there are none, on the page's own thread.
    ///
    /// # Errors
    /// When the browser offers neither.
    pub fn start(dispatch: impl Fn(Action) + 'static) -> Result<Rc<Self>, JsValue> {
        let worker = start_worker();
        let without_worker = worker.is_err();
        let port = match worker {
            Ok(worker) => Port::Worker(worker),
            Err(_) => Port::Local(start_locally()?),
        };
        let player = Rc::new(Self {
            port,
            ready: Cell::new(false),
            queue: RefCell::default(),
            title: RefCell::new("".into()),
            feed: RefCell::default(),
            stage: RefCell::new(None),
            pace: RefCell::default(),
            listener: RefCell::default(),
            told: RefCell::default(),
            dispatch: Box::new(dispatch),
            renewed_at: Cell::new(f64::NEG_INFINITY),
            news: Cell::new(false),
            unshown: Cell::new(false),
            asked: Cell::new(false),
            liveliness: Cell::new(Liveliness::Full),
            callback: RefCell::new(None),
        });
        player.listen();
        let weak = Rc::downgrade(&player);
        let tick = move |now: f64| {
            if let Some(player) = weak.upgrade() {
                player.tick(now);
            }
        };
        *player.callback.borrow_mut() = Some(Closure::new(tick));
        if without_worker {
            (player.dispatch)(Action::WithoutWorker);
        }
        Ok(player)
    }

    fn listen(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(player) = weak.upgrade() {
                player.hear(&event.data());
            }
        });
        let function = heard.as_ref().unchecked_ref();
        match &self.port {
            Port::Worker(worker) => worker.set_onmessage(Some(function)),
            Port::Local(port) => port.set_onmessage(Some(function)),
        }
        // The engine lives as long as the page.
        heard.forget();
    }

    /// Sends an order, or keeps it until the engine is up.
    pub fn send(&self, order: ToEngine) {
        if !self.ready.get() {
            self.queue.borrow_mut().push(order);
            return;
        }
        let sent = serde_wasm_bindgen::to_value(&order)
            .map_err(JsValue::from)
            .and_then(|message| self.port.post(&message));
        if let Err(problem) = sent {
            self.refuse(&format!("The engine could not be reached: {problem:?}"));
        }
    }

    /// Loads a document under a title.
    pub fn load(&self, title: &str, text: String) {
        self.entitle(title.into());
        self.send(ToEngine::Load { text });
    }

    fn entitle(&self, title: Rc<str>) {
        self.title.borrow_mut().clone_from(&title);
        (self.dispatch)(Action::Coming(title));
    }

    /// Loads what the user brought; `anonymous`: under made-up names.
    pub fn import(&self, files: Vec<ImportFile>, anonymous: bool) {
        let title = match files.as_slice() {
            _ if anonymous => "A cluster with made-up names".to_owned(),
            [one] => one.name.clone(),
            many => format!("{} files", many.len()),
        };
        self.entitle(title.into());
        self.send(ToEngine::Import { files, anonymous });
    }

    pub fn refuse(&self, problem: &str) {
        (self.dispatch)(Action::Refused(problem.into()));
    }

    fn hear(&self, data: &JsValue) {
        let parts: &Array = data.unchecked_ref();
        let message = serde_wasm_bindgen::from_value::<FromEngine>(parts.get(0));
        match message {
            Ok(FromEngine::Arriving { got, whole }) => {
                (self.dispatch)(Action::Engine(Arrival::Coming { got, whole }));
            }
            Ok(FromEngine::Ready) => {
                (self.dispatch)(Action::Engine(Arrival::Here));
                self.ready.set(true);
                for order in std::mem::take(&mut *self.queue.borrow_mut()) {
                    self.send(order);
                }
            }
            Ok(FromEngine::Loaded(summary)) => {
                self.feed.borrow_mut().load(*summary);
                let title = self.title.borrow();
                let named = Rc::<str>::from(self.feed.borrow().board.summary.name.as_str());
                let title = if title.is_empty() { named } else { title.clone() };
                (self.dispatch)(Action::Loaded { feed: self.feed.borrow().clone(), title });
            }
            Ok(FromEngine::Frame(mut frame)) => {
                let words = parts.get(1).dyn_into::<Uint32Array>().map(|a| a.to_vec());
                let Some((hosts, tasks)) = words.ok().and_then(|words| unpack(&words)) else {
                    return self.refuse("A frame from the engine could not be read.");
                };
                (frame.host_states, frame.tasks) = (hosts, tasks);
                self.feed.borrow_mut().take(*frame);
                self.unshown.set(true);
                self.news.set(true);
                self.wake();
            }
            Ok(FromEngine::Document { json, undo, redo }) => {
                (self.dispatch)(Action::History { undo, redo });
                self.feed.borrow_mut().board.replace_document(json);
                self.news.set(true);
                self.wake();
            }
            Ok(FromEngine::Why(why)) => (self.dispatch)(Action::Why(Rc::from(why))),
            Ok(FromEngine::Problem { message }) => self.refuse(&message),
            Err(problem) => {
                self.refuse(&format!("The engine said what the page does not know: {problem}"))
            }
        }
    }

    /// Tells where things stand over the canvas, now and whenever it changes.
    pub fn on_frames(&self, listener: impl Fn(Frames) + 'static) {
        *self.listener.borrow_mut() = Some(Rc::new(listener));
        *self.told.borrow_mut() = Frames::default();
        self.wake();
    }

    /// How much may move from now on.
    pub fn set_liveliness(&self, liveliness: Liveliness) {
        self.liveliness.set(liveliness);
    }

    /// Changes something of the picture and has it drawn.
    pub fn with_stage(&self, change: impl FnOnce(&mut Stage)) {
        if let Some(stage) = self.stage.borrow_mut().as_mut() {
            change(stage);
        }
        self.unshown.set(true);
        self.wake();
    }

    /// Asks for one frame, unless one was asked for already.
    pub fn wake(&self) {
        if self.asked.replace(true) {
            return;
        }
        if let (Some(window), Some(callback)) = (web_sys::window(), &*self.callback.borrow()) {
            let _ = window.request_animation_frame(callback.as_ref().unchecked_ref());
        }
    }

    fn tick(&self, now: f64) {
        self.asked.set(false);
        let began = wall_ms();
        let mut more = false;
        if let Some(stage) = self.stage.borrow_mut().as_mut() {
            if self.unshown.get() {
                stage.show(&self.feed.borrow().board, self.liveliness.get(), now);
            }
            more = stage.tick(now);
        }
        if self.unshown.replace(false) && self.ready.get() {
            self.send(ToEngine::Shown);
        }
        self.tell();
        if self.news.get() {
            let playing = self.feed.borrow().board.frame.playing;
            if !playing || now - self.renewed_at.get() >= RENEWAL_MS {
                self.news.set(false);
                self.renewed_at.set(now);
                (self.dispatch)(Action::Ran(self.feed.borrow().clone()));
            }
        }
        self.pace.borrow_mut().record(now, wall_ms() - began);
        if more || self.news.get() {
            self.wake();
        }
    }

    fn tell(&self) {
        let stage = self.stage.borrow();
        let (Some(stage), Some(listener)) = (stage.as_ref(), self.listener.borrow().clone()) else {
            return;
        };
        let frames = Frames {
            zones: stage.layout().zones.clone(),
            height: stage.layout().height,
            focus: stage.selected.and_then(|target| stage.scene().locate(target)),
        };
        if *self.told.borrow() != frames {
            self.told.borrow_mut().clone_from(&frames);
            listener(frames);
        }
    }
}

/// The wall clock of the page, ms.
#[must_use]
pub fn wall_ms() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}

fn start_worker() -> Result<Worker, JsValue> {
    let offered = js_sys::Reflect::has(&js_sys::global(), &"Worker".into())?;
    if !offered {
        return Err(JsError::new("no workers here").into());
    }
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options("./start-worker.js", &options)
}

/// The engine module on the page's own thread, spoken to through a channel.
fn start_locally() -> Result<MessagePort, JsValue> {
    let channel = MessageChannel::new()?;
    js_sys::Reflect::set(&js_sys::global(), &LOCAL_PORT.into(), &channel.port2())?;
    let window = web_sys::window().ok_or_else(|| JsValue::from("no window"))?;
    let document = window.document().ok_or_else(|| JsValue::from("no document"))?;
    let script = document.create_element("script")?;
    script.set_attribute("type", "module")?;
    script.set_attribute("src", "./start-worker.js")?;
    document.head().ok_or_else(|| JsValue::from("no head"))?.append_child(&script)?;
    Ok(channel.port1())
}
