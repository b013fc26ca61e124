//! Time: to the start, back, play, on, to the end; speed, step and the clock.

use yew::prelude::*;

use super::chooser::{Choices, Chooser, Segments};
use super::icon::Icon;
use crate::deck::{Deck, use_deck};
use crate::state::{Action, Window};
use crate::words::{clock, clock_ms};
use crate::worker::protocol::{Frame, Speed, StepBy};

#[derive(Properties, PartialEq)]
pub struct TransportProps {
    pub now_ms: u64,
    pub until_ms: u64,
    pub playing: bool,
    pub finished: bool,
    pub speed: Speed,
    pub step_by: StepBy,
    pub window: Window,
}

impl TransportProps {
    #[must_use]
    pub fn of(frame: &Frame, speed: Speed, step_by: StepBy, window: Window) -> Self {
        let Frame { now_ms, until_ms, playing, finished, .. } = *frame;
        Self { now_ms, until_ms, playing, finished, speed, step_by, window }
    }
}

#[component]
pub fn Transport(props: &TransportProps) -> Html {
    let deck = use_deck();
    let (by, word) = (props.step_by, props.step_by.label());
    let last = props.until_ms;
    let (icon, name) = if props.playing { ("pause", "Pause") } else { ("play", "Play") };
    html! {
        <>
            <div class="trn" role="group" aria-label="Transport">
                { control(&deck, "first", "Start (Home)", "to-start", |deck| deck.seek(0)) }
                { control(&deck, "prev", &format!("One {word} back"), "back",
                    move |deck| deck.step(by, true)) }
                <button class="btn main" aria-label={format!("{name} (Space)")} data-testid="play"
                    onclick={act(&deck, Deck::toggle_play)}>
                    <Icon name={icon} /><span class="broad">{ name }</span>
                </button>
                { control(&deck, "next", &format!("One {word} on"), "on",
                    move |deck| deck.step(by, false)) }
                { control(&deck, "last", "End (End)", "to-end", move |deck| deck.seek(last)) }
                <span class="clock narrow">
                    { clock(props.now_ms) }
                    <small>
                        if props.until_ms > 0 { { format!("of {}, ", clock(props.until_ms)) } }
                        <SpeedChoice speed={props.speed} bare=true />
                    </small>
                </span>
            </div>
            <div class="trm">
                <span class="clock" aria-label="Time" data-testid="clock">
                    { clock_ms(props.now_ms) }
                    <small>{ of(props) }</small>
                </span>
                <span class="grow" />
                <SpeedChoice speed={props.speed} bare=false />
                <StepChoice by={props.step_by} />
                <span class="opt"><WindowChoice window={props.window} /></span>
            </div>
        </>
    }
}

fn of(props: &TransportProps) -> String {
    if props.until_ms == 0 {
        return String::new();
    }
    let ended = if props.finished { ", nothing more can happen" } else { "" };
    format!(" of {}{ended}", clock(props.until_ms))
}

fn act(deck: &Deck, action: impl Fn(&Deck) + 'static) -> Callback<MouseEvent> {
    let deck = deck.clone();
    Callback::from(move |_| action(&deck))
}

fn control(
    deck: &Deck,
    icon: &'static str,
    label: &str,
    testid: &'static str,
    action: impl Fn(&Deck) + 'static,
) -> Html {
    html! {
        <button class="btn quiet square" aria-label={label.to_owned()} title={label.to_owned()}
            onclick={act(deck, action)} data-testid={testid}><Icon name={icon} /></button>
    }
}

#[derive(Properties, PartialEq)]
struct SpeedChoiceProps {
    speed: Speed,
    bare: bool,
}

#[component]
fn SpeedChoice(props: &SpeedChoiceProps) -> Html {
    let deck = use_deck();
    let word = if props.bare { Speed::short_label } else { Speed::label };
    let options: Vec<AttrValue> = Speed::OFFERED.iter().map(|s| word(*s).into()).collect();
    let chosen = Speed::OFFERED.iter().position(|s| *s == props.speed).unwrap_or(0);
    let on_choose = Callback::from(move |index: usize| {
        if let Some(speed) = Speed::OFFERED.get(index) {
            deck.set_speed(*speed);
        }
    });
    if props.bare {
        html! { <Choices label="Speed" {options} {chosen} {on_choose} testid="speed-small" /> }
    } else {
        html! { <Chooser label="Speed" {options} {chosen} {on_choose} testid="speed" /> }
    }
}

#[derive(Properties, PartialEq)]
struct StepChoiceProps {
    by: StepBy,
}

#[component]
fn StepChoice(props: &StepChoiceProps) -> Html {
    let deck = use_deck();
    let options: Vec<AttrValue> = StepBy::OFFERED.iter().map(|by| by.label().into()).collect();
    let chosen = StepBy::OFFERED.iter().position(|by| *by == props.by).unwrap_or(0);
    let on_choose = Callback::from(move |index: usize| {
        if let Some(by) = StepBy::OFFERED.get(index) {
            deck.act(Action::StepBy(*by));
        }
    });
    html! { <Chooser label="Step" {options} {chosen} {on_choose} testid="step" /> }
}

#[derive(Properties, PartialEq)]
struct WindowChoiceProps {
    window: Window,
}

#[component]
fn WindowChoice(props: &WindowChoiceProps) -> Html {
    let deck = use_deck();
    let options: Vec<AttrValue> = Window::ALL.iter().map(|w| w.label().into()).collect();
    let chosen = Window::ALL.iter().position(|w| *w == props.window).unwrap_or(0);
    let on_choose = Callback::from(move |index: usize| {
        if let Some(window) = Window::ALL.get(index) {
            deck.act(Action::Window(*window));
        }
    });
    html! {
        <Segments label="Zoom of the timeline" {options} {chosen} {on_choose} testid="window" />
    }
}
