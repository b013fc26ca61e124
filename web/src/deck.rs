//! What every component may reach: the reducer and the engine. It never changes, so that it
//! renders nothing anew.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use yew::prelude::*;

use crate::player::Player;
use crate::presets::Preset;
use crate::state::{Action, State, reduce};
use crate::words::json_text;
use crate::worker::protocol::{Speed, StepBy, ToEngine};

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        Rc::new(reduce(&self, action))
    }
}

/// The handle on the page.
#[derive(Clone)]
pub struct Deck {
    pub player: Rc<Player>,
    dispatch: UseReducerDispatcher<State>,
}

impl PartialEq for Deck {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.player, &other.player)
    }
}

/// The handle on the page, from anywhere in it.
#[hook]
pub fn use_deck() -> Deck {
    use_context::<Deck>().expect("every component stands inside the app, which provides the deck")
}

impl Deck {
    /// Starts the engine for a page with this reducer.
    #[must_use]
    pub fn start(dispatch: UseReducerDispatcher<State>) -> Option<Self> {
        let to_state = dispatch.clone();
        let player = Player::start(move |action| to_state.dispatch(action)).ok()?;
        Some(Self { player, dispatch })
    }

    pub fn act(&self, action: Action) {
        self.dispatch.dispatch(action);
    }

    pub fn send(&self, order: ToEngine) {
        self.player.send(order);
    }

    pub fn toggle_play(&self) {
        let frame = Rc::clone(&self.player.feed.borrow().board.frame);
        if frame.playing {
            return self.send(ToEngine::Pause);
        }
        if frame.finished || frame.now_ms >= frame.until_ms {
            self.send(ToEngine::Seek { ms: 0 });
        }
        self.send(ToEngine::Play);
    }

    pub fn step(&self, by: StepBy, back: bool) {
        self.send(ToEngine::Step { by, back });
    }

    /// Stands at an instant, within the run.
    pub fn seek(&self, ms: u64) {
        let until = self.player.feed.borrow().board.frame.until_ms;
        self.send(ToEngine::Seek { ms: ms.min(until) });
    }

    pub fn set_speed(&self, speed: Speed) {
        self.act(Action::Speed(speed));
        self.send(ToEngine::Speed { speed });
    }

    /// One edit of the document at the instant on the screen: fields of `updateService` beside the
    /// service's name, as JSON.
    pub fn update_service(&self, service: &str, fields: &str) {
        let name = json_text(service);
        self.edit(format!("{{\"updateService\":{{\"service\":{name},{fields}}}}}"));
    }

    /// One edit of the document at the instant on the screen: an entry of the timeline, as JSON.
    pub fn edit(&self, entry: String) {
        self.send(ToEngine::Edit { entry });
    }

    /// Fetches a preset and plays it.
    pub fn open_preset(&self, preset: &'static Preset) {
        let deck = self.clone();
        self.act(Action::Coming(preset.name.into()));
        wasm_bindgen_futures::spawn_local(async move {
            match fetch_text(&preset.address()).await {
                Ok(text) => {
                    deck.player.load(preset.name, text);
                    deck.send(ToEngine::Play);
                }
                Err(problem) => {
                    let why = problem.as_string().unwrap_or_default();
                    deck.player.refuse(&format!("“{}” could not be fetched. {why}", preset.name));
                }
            }
        });
    }
}

async fn fetch_text(address: &str) -> Result<String, JsValue> {
    let window = web_sys::window().ok_or_else(|| JsValue::from("no window"))?;
    let request = Request::new_with_str(address)?;
    let answer = wasm_bindgen_futures::JsFuture::from(window.fetch_with_request(&request)).await?;
    let answer: Response = answer.into();
    if !answer.ok() {
        return Err(format!("{address}: {}", answer.status()).into());
    }
    let text = wasm_bindgen_futures::JsFuture::from(answer.text()?).await?;
    text.as_string().ok_or_else(|| JsValue::from("no text"))
}
