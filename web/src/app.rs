//! The page: providers and frame.

use std::rc::Rc;

use yew::prelude::*;

use crate::canvas::motion::Liveliness;
use crate::chart::extra_height;
use crate::components::capacity_strip::capacity_strip;
use crate::components::event_log::EventLog;
use crate::components::import_panel::ImportPanel;
use crate::components::live_region::LiveRegion;
use crate::components::loading::loading;
use crate::components::notice::notice;
use crate::components::peek_bar::peek_bar;
use crate::components::picture::Picture;
use crate::components::selection_panel::selection_panel;
use crate::components::service_list::service_list;
use crate::components::sheet_tabs::sheet_tabs;
use crate::components::timeline::Timeline;
use crate::components::top_bar::top_bar;
use crate::components::transport::transport;
use crate::deck::{Deck, use_deck};
use crate::hooks::use_drop::use_drop;
use crate::hooks::use_keys::use_keys;
use crate::hooks::use_page_api::use_page_api;
use crate::hooks::use_theme::{ThemeEpoch, use_theme_epoch, wants_less_motion};
use crate::presets::{PRESETS, Preset};
use crate::state::{State, View};
use crate::words::{clock, px};
use crate::worker::protocol::Rollout;

/// Puts the page in place of the static shell.
pub fn start() {
    let document = web_sys::window().and_then(|window| window.document());
    let Some(root) = document.and_then(|document| document.get_element_by_id("page")) else {
        return;
    };
    root.set_inner_html("");
    yew::Renderer::<App>::with_root(root).render();
}

/// The preset that the address asks for, else the first.
fn wanted_preset() -> &'static Preset {
    let address = web_sys::window().and_then(|window| window.location().search().ok());
    let query = address.and_then(|search| web_sys::UrlSearchParams::new_with_str(&search).ok());
    let wanted = query.and_then(|query| query.get("preset"));
    wanted.and_then(|id| Preset::find(&id)).unwrap_or(&PRESETS[0])
}

#[component]
pub fn App() -> Html {
    let state =
        use_reducer(|| State { coming: Some(wanted_preset().name.into()), ..State::default() });
    let deck = use_state(|| None::<Deck>);
    let epoch = use_theme_epoch();
    {
        let (deck, dispatch) = (deck.setter(), state.dispatcher());
        use_effect_with((), move |()| {
            let started = Deck::start(dispatch);
            if let Some(started) = &started {
                started.send(crate::worker::protocol::ToEngine::Speed {
                    speed: State::default().speed,
                });
                started.open_preset(wanted_preset());
            }
            deck.set(started);
        });
    }
    use_keys(&deck, &state);
    use_page_api(&deck);
    let hangs = use_drop(&deck, state.anonymous);
    use_liveliness(&deck, &state);
    use_title(&state);
    let Some(deck) = (*deck).clone() else { return Html::default() };
    html! {
        <ContextProvider<Deck> context={deck}>
            <ContextProvider<ThemeEpoch> context={epoch}>
                <Frame state={Rc::new((*state).clone())} {hangs} />
            </ContextProvider<ThemeEpoch>>
        </ContextProvider<Deck>>
    }
}

#[derive(Properties, PartialEq)]
struct FrameProps {
    state: Rc<State>,
    hangs: bool,
}

#[component]
fn Frame(props: &FrameProps) -> Html {
    let deck = use_deck();
    let state = &props.state;
    let feed = &state.feed;
    let frame = &feed.board.frame;
    let (sheet, _) = state.sheet.names();
    html! {
        <div class={classes!("app", state.log_folded.then_some("folded"))} data-sheet={sheet}
            data-testid="app" data-loaded={state.loaded.to_string()} style={room(state)}>
            <h1 class="sr">{ format!("{}, at {}", state.title, clock(frame.now_ms)) }</h1>
            { top_bar(&deck, state) }
            { sheet_tabs(&deck, state.sheet) }
            if let Some((sentence, share)) = state.waits_for() {
                { loading(&sentence, share) }
            } else {
                { regions(&deck, state) }
            }
            { transport(&deck, state) }
            <Timeline feed={feed.clone()} service={state.open_service} window={state.window} />
            <LiveRegion feed={feed.clone()} />
            if state.view == View::Import { <ImportPanel anonymous={state.anonymous} /> }
            if let Some(problem) = &state.problem { { notice(&deck, problem) } }
            if props.hangs {
                <div class="drop">{ "Let go to open. Nothing leaves this page." }</div>
            }
        </div>
    }
}

/// How high the timeline is: its service may shift traffic, or have three revisions at once.
fn room(state: &State) -> String {
    let feed = &state.feed;
    let index = state.open_service.unwrap_or(0);
    let service = feed.board.service(index);
    let other = service.is_some_and(|service| service.rollout != Rollout::Rolling);
    let milestones = feed.milestones.items();
    let shifts = other || milestones.iter().any(|milestone| milestone.service == index);
    let Some(points) = feed.series.get(&index) else { return String::new() };
    let [broad, small] = [false, true]
        .map(|small| extra_height(&points.items(), feed.board.revision_rows(index), shifts, small));
    let (broad, small) = (px(TIMELINE + broad), px(TIMELINE_SMALL + small));
    format!("--h-timeline:{broad}px;--h-timeline-small:{small}px")
}

/// The timeline's height without anything out of the ordinary, as the tokens have it, px.
const TIMELINE: f64 = 204.0;
const TIMELINE_SMALL: f64 = 84.0;

/// What there is to see of a scenario that is on the screen.
fn regions(deck: &Deck, state: &State) -> Html {
    let feed = &state.feed;
    html! {
        <>
            { service_list(deck, state) }
            <Picture feed={feed.clone()} selected={state.selected} mode={state.mode}
                table={state.table} />
            { selection_panel(deck, state) }
            { peek_bar(deck, &feed.board, state.selected) }
            { capacity_strip(&feed.board) }
            <EventLog feed={feed.clone()} folded={state.log_folded} />
        </>
    }
}

/// Tells the picture how much may move.
#[hook]
fn use_liveliness(deck: &Option<Deck>, state: &State) {
    use_effect_with((deck.clone(), state.speed), |(deck, speed)| {
        let liveliness = if wants_less_motion() {
            Liveliness::Reduced
        } else if speed.is_a_blur() {
            Liveliness::Blur
        } else {
            Liveliness::Full
        };
        if let Some(deck) = deck {
            deck.player.set_liveliness(liveliness);
        }
    });
}

/// The title says scenario and time.
#[hook]
fn use_title(state: &State) {
    let second = state.feed.board.frame.now_ms / 1000;
    use_effect_with((state.title.clone(), second), |(title, second)| {
        let document = web_sys::window().and_then(|window| window.document());
        if let Some(document) = document.filter(|_| !title.is_empty()) {
            let text = format!("{title}, {} \u{b7} Stowplan", clock(second * 1000));
            document.set_title(&text);
        }
    });
}
