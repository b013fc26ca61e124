//! The page's side of the engine: sends orders, takes frames, keeps the picture up to date.
//!
//! Frames reach the picture at once; the components hear of them at most ten times a second.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Uint32Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};

use crate::canvas::geometry::Rect;
use crate::canvas::motion::Liveliness;
use crate::canvas::stage::Stage;
use crate::feed::Feed;
use crate::line::{Line, Module};
use crate::small;
use crate::state::{Action, Arrival};
use crate::worker::pack::unpack;
use crate::worker::protocol::{FromEngine, ImportFile, ToEngine};

/// Components are renewed no more often than this, wall-clock ms.
const RENEWAL_MS: f64 = 100.0;

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
            small::sort(&mut sorted);
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

/// See the module.
pub struct Player {
    /// The engine whose run the page shows.
    line: RefCell<Rc<Line>>,
    /// The engine that understands everything, once something asked for it.
    full: RefCell<Option<Rc<Line>>>,
    /// The document sent last, until an engine has taken it.
    brought: RefCell<Option<ToEngine>>,
    /// How fast time is to run, which another engine must be told.
    speed: RefCell<Option<ToEngine>>,
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
    /// A scenario was taken, and its first frame has not come.
    unseen: Cell<bool>,
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
        let line = Line::start(Module::First)?;
        let without_worker = line.is_local();
        let player = Rc::new(Self {
            line: RefCell::new(Rc::clone(&line)),
            full: RefCell::default(),
            brought: RefCell::default(),
            speed: RefCell::default(),
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
            unseen: Cell::new(false),
            asked: Cell::new(false),
            liveliness: Cell::new(Liveliness::Full),
            callback: RefCell::new(None),
        });
        player.listen(&line);
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

    fn listen(self: &Rc<Self>, line: &Rc<Line>) {
        let (player, from) = (Rc::downgrade(self), Rc::downgrade(line));
        line.listen(move |data| {
            if let (Some(player), Some(line)) = (player.upgrade(), from.upgrade()) {
                player.hear(&line, &data);
            }
        });
    }

    /// Sends an order, or keeps it until the engine is up.
    pub fn send(&self, order: ToEngine) {
        if let ToEngine::Speed { .. } = order {
            *self.speed.borrow_mut() = Some(order.clone());
        }
        self.send_to(&self.line.borrow().clone(), order);
    }

    fn send_to(&self, line: &Line, order: ToEngine) {
        if let Err(problem) = line.send(order) {
            self.refuse(&format!("The engine could not be reached: {problem:?}"));
        }
    }

    /// Loads a document under a title.
    pub fn load(&self, title: &str, text: String) {
        self.entitle(title.into());
        self.bring(ToEngine::Load { text });
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
        self.bring(ToEngine::Import { files, anonymous });
    }

    fn bring(&self, document: ToEngine) {
        *self.brought.borrow_mut() = Some(document.clone());
        self.send(document);
    }

    /// Brings the last document to the engine that understands everything.
    fn bring_to_full(self: &Rc<Self>) {
        let Some(document) = self.brought.borrow().clone() else { return };
        let started = self.full.borrow().clone().map_or_else(|| Line::start(Module::Full), Ok);
        let line = match started {
            Ok(line) => line,
            Err(problem) => {
                return self.refuse(&format!("The engine could not be started: {problem:?}"));
            }
        };
        if self.full.borrow_mut().replace(Rc::clone(&line)).is_none() {
            (self.dispatch)(Action::Beyond);
            self.listen(&line);
        }
        self.send_to(&line, document);
    }

    /// From now on the page shows the run of this engine.
    fn follow(&self, line: &Rc<Line>) {
        let before = self.line.replace(Rc::clone(line));
        if !Rc::ptr_eq(&before, line) {
            before.end();
            let speed = self.speed.borrow().clone();
            speed.into_iter().for_each(|order| self.send_to(line, order));
        }
    }

    pub fn refuse(&self, problem: &str) {
        (self.dispatch)(Action::Refused(problem.into()));
    }

    fn hear(self: &Rc<Self>, line: &Rc<Line>, data: &JsValue) {
        let parts: &Array = data.unchecked_ref();
        let message = serde_wasm_bindgen::from_value::<FromEngine>(parts.get(0));
        let is_followed = Rc::ptr_eq(&self.line.borrow(), line);
        match message {
            Ok(FromEngine::Arriving { got, whole }) => {
                (self.dispatch)(Action::Engine(Arrival::Coming { got, whole }));
            }
            Ok(FromEngine::Ready) => {
                (self.dispatch)(Action::Engine(Arrival::Here));
                if let Err(problem) = line.is_up() {
                    self.refuse(&format!("The engine could not be reached: {problem:?}"));
                }
            }
            Ok(FromEngine::Beyond) => self.bring_to_full(),
            Ok(FromEngine::Loaded(summary)) => {
                self.follow(line);
                self.feed.borrow_mut().load(*summary);
                self.unseen.set(true);
            }
            Ok(FromEngine::Problem(message)) => self.refuse(&message),
            // The last words of an engine that the page has left.
            Ok(_) if !is_followed => {}
            Ok(FromEngine::Frame(mut frame)) => {
                let words = parts.get(1).dyn_into::<Uint32Array>().map(|a| a.to_vec());
                let Some((hosts, tasks)) = words.ok().and_then(|words| unpack(&words)) else {
                    return self.refuse("A frame from the engine could not be read.");
                };
                (frame.host_states, frame.tasks) = (hosts, tasks);
                self.feed.borrow_mut().take(*frame);
                if self.unseen.replace(false) {
                    self.open();
                }
                self.unshown.set(true);
                self.news.set(true);
                self.wake();
            }
            Ok(FromEngine::Document(json, undo, redo)) => {
                (self.dispatch)(Action::History { undo, redo });
                self.feed.borrow_mut().board.replace_document(json);
                self.news.set(true);
                self.wake();
            }
            Ok(FromEngine::Why(why)) => (self.dispatch)(Action::Why(Rc::from(why))),
            Ok(FromEngine::Tried(change, why)) => {
                (self.dispatch)(Action::Tried(Some((change, Rc::from(why)))));
            }
            Ok(FromEngine::Foretold(told)) => (self.dispatch)(Action::Foretold(Rc::from(told))),
            Err(problem) => {
                self.refuse(&format!("The engine said what the page does not know: {problem}"))
            }
        }
    }

    /// The scenario comes to the screen with its first frame: without one there is nothing to see.
    fn open(&self) {
        let title = self.title.borrow();
        let named = Rc::<str>::from(self.feed.borrow().board.summary.name.as_str());
        let title = if title.is_empty() { named } else { title.clone() };
        (self.dispatch)(Action::Loaded { feed: self.feed.borrow().clone(), title });
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
        if self.unshown.replace(false) {
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
