//! A line to an engine: a worker, or a channel where the engine shares the page's thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen::{JsCast, JsError};
use web_sys::{MessageChannel, MessageEvent, MessagePort, Worker, WorkerOptions, WorkerType};

use crate::worker::protocol::ToEngine;

/// The name under which the engine finds its port when it runs on the page's own thread.
const LOCAL_PORT: &str = "stowplanEnginePort";

/// Which of the engine's modules is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    /// The one that the page opens with.
    First,
    /// The one that computes `${...}`, too, and weighs more.
    Full,
}

impl Module {
    /// The script that starts it.
    fn script(self) -> &'static str {
        match self {
            Self::First => "./start-worker.js",
            Self::Full => "./start-worker.js?full_worker",
        }
    }
}

enum Port {
    Worker(Worker),
    Local(MessagePort),
}

/// See the module. Orders given before the engine is up are kept until it is.
pub struct Line {
    port: Port,
    up: Cell<bool>,
    kept: RefCell<Vec<ToEngine>>,
}

impl Line {
    /// Starts an engine: in a worker, or, where there are none, on the page's own thread.
    ///
    /// # Errors
    /// When the browser offers neither.
    pub fn start(module: Module) -> Result<Rc<Self>, JsValue> {
        let port = match start_worker(module) {
            Ok(worker) => Port::Worker(worker),
            Err(_) => Port::Local(start_locally(module)?),
        };
        Ok(Rc::new(Self { port, up: Cell::new(false), kept: RefCell::default() }))
    }

    /// Whether the engine shares the page's thread.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.port, Port::Local(_))
    }

    /// Calls this for every message, as long as the line stands.
    pub fn listen(&self, hear: impl Fn(JsValue) + 'static) {
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            hear(event.data());
        });
        // The browser frees the function when it is done with the port.
        let heard = heard.into_js_value();
        let function = Some(heard.unchecked_ref());
        match &self.port {
            Port::Worker(worker) => worker.set_onmessage(function),
            Port::Local(port) => port.set_onmessage(function),
        }
    }

    /// Sends an order, or keeps it until the engine is up.
    ///
    /// # Errors
    /// When the browser refuses to post it.
    pub fn send(&self, order: ToEngine) -> Result<(), JsValue> {
        if !self.up.get() {
            self.kept.borrow_mut().push(order);
            return Ok(());
        }
        let message = serde_wasm_bindgen::to_value(&order)?;
        match &self.port {
            Port::Worker(worker) => worker.post_message(&message),
            Port::Local(port) => port.post_message(&message),
        }
    }

    /// The engine takes orders from now on, those kept first.
    ///
    /// # Errors
    /// As for [`Self::send`].
    pub fn is_up(&self) -> Result<(), JsValue> {
        self.up.set(true);
        let kept = self.kept.take();
        kept.into_iter().try_for_each(|order| self.send(order))
    }

    /// The engine is no longer needed.
    pub fn end(&self) {
        match &self.port {
            Port::Worker(worker) => worker.terminate(),
            Port::Local(port) => port.close(),
        }
    }
}

fn start_worker(module: Module) -> Result<Worker, JsValue> {
    let offered = js_sys::Reflect::has(&js_sys::global(), &"Worker".into())?;
    if !offered {
        return Err(JsError::new("no workers here").into());
    }
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(module.script(), &options)
}

/// The engine module on the page's own thread, spoken to through a channel.
fn start_locally(module: Module) -> Result<MessagePort, JsValue> {
    let channel = MessageChannel::new()?;
    js_sys::Reflect::set(&js_sys::global(), &LOCAL_PORT.into(), &channel.port2())?;
    let window = web_sys::window().ok_or_else(|| JsValue::from("no window"))?;
    let document = window.document().ok_or_else(|| JsValue::from("no document"))?;
    let script = document.create_element("script")?;
    script.set_attribute("type", "module")?;
    script.set_attribute("src", module.script())?;
    document.head().ok_or_else(|| JsValue::from("no head"))?.append_child(&script)?;
    Ok(channel.port1())
}
