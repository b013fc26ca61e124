//! Time: to the start, back, play, on, to the end; speed, step and the clock.

use yew::prelude::*;

use super::chooser::{Choice, choices, chooser, segments};
use super::icon::icon;
use crate::deck::Deck;
use crate::state::{Action, State, Window};
use crate::words::{clock, clock_ms};
use crate::worker::protocol::{Frame, Speed, StepBy};

pub(crate) fn transport(deck: &Deck, state: &State) -> Html {
    let Frame { now_ms, until_ms: last, playing, finished, .. } = *state.feed.board.frame;
    let (by, word) = (state.step_by, state.step_by.label());
    let (sign, name) = if playing { ("pause", "Pause") } else { ("play", "Play") };
    html! {
        <>
            <div class="trn" role="group" aria-label="Transport">
                { control(deck, "first", "Start (Home)", "to-start", |deck| deck.seek(0)) }
                { control(deck, "prev", &format!("One {word} back"), "back",
                    move |deck| deck.step(by, true)) }
                <button class="btn main" aria-label={format!("{name} (Space)")} data-testid="play"
                    onclick={act(deck, Deck::toggle_play)}>
                    { icon(sign) }<span class="broad">{ name }</span>
                </button>
                { control(deck, "next", &format!("One {word} on"), "on",
                    move |deck| deck.step(by, false)) }
                { control(deck, "last", "End (End)", "to-end", move |deck| deck.seek(last)) }
                <span class="clock narrow">
                    { clock(now_ms) }
                    <small>
                        if last > 0 { { format!("of {}, ", clock(last)) } }
                        { speed_choice(deck, state.speed, true) }
                    </small>
                </span>
            </div>
            <div class="trm">
                <span class="clock" aria-label="Time" data-testid="clock">
                    { clock_ms(now_ms) }
                    <small>{ of(last, finished) }</small>
                </span>
                <span class="grow" />
                { speed_choice(deck, state.speed, false) }
                { step_choice(deck, state.step_by) }
                <span class="opt">{ window_choice(deck, state.window) }</span>
            </div>
        </>
    }
}

fn of(until_ms: u64, finished: bool) -> String {
    if until_ms == 0 {
        return String::new();
    }
    let ended = if finished { ", nothing more can happen" } else { "" };
    format!(" of {}{ended}", clock(until_ms))
}

fn act(deck: &Deck, action: impl Fn(&Deck) + 'static) -> Callback<MouseEvent> {
    let deck = deck.clone();
    Callback::from(move |_| action(&deck))
}

fn control(
    deck: &Deck,
    sign: &'static str,
    label: &str,
    testid: &'static str,
    action: impl Fn(&Deck) + 'static,
) -> Html {
    html! {
        <button class="btn quiet square" aria-label={label.to_owned()} title={label.to_owned()}
            onclick={act(deck, action)} data-testid={testid}>{ icon(sign) }</button>
    }
}

fn speed_choice(deck: &Deck, speed: Speed, bare: bool) -> Html {
    let word = if bare { Speed::short_label } else { Speed::label };
    let options = Speed::OFFERED.iter().map(|s| word(*s).into()).collect();
    let chosen = Speed::OFFERED.iter().position(|s| *s == speed).unwrap_or(0);
    let deck = deck.clone();
    let on_choose = Callback::from(move |index: usize| {
        if let Some(speed) = Speed::OFFERED.get(index) {
            deck.set_speed(*speed);
        }
    });
    let testid = if bare { "speed-small" } else { "speed" };
    let choice = Choice { label: "Speed", options, chosen, on_choose, testid };
    if bare { choices(&choice) } else { chooser(&choice) }
}

fn step_choice(deck: &Deck, by: StepBy) -> Html {
    let options = StepBy::OFFERED.iter().map(|by| by.label().into()).collect();
    let chosen = StepBy::OFFERED.iter().position(|known| *known == by).unwrap_or(0);
    let deck = deck.clone();
    let on_choose = Callback::from(move |index: usize| {
        if let Some(by) = StepBy::OFFERED.get(index) {
            deck.act(Action::StepBy(*by));
        }
    });
    chooser(&Choice { label: "Step", options, chosen, on_choose, testid: "step" })
}

fn window_choice(deck: &Deck, window: Window) -> Html {
    let options = Window::ALL.iter().map(|w| w.label().into()).collect();
    let chosen = Window::ALL.iter().position(|w| *w == window).unwrap_or(0);
    let deck = deck.clone();
    let on_choose = Callback::from(move |index: usize| {
        if let Some(window) = Window::ALL.get(index) {
            deck.act(Action::Window(*window));
        }
    });
    let (label, testid) = ("Zoom of the timeline", "window");
    segments(&Choice { label, options, chosen, on_choose, testid })
}
