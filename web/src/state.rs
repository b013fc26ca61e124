//! What the page knows and what the reader points at. The reducer is pure; effects live in hooks.

use std::rc::Rc;

use crate::canvas::scene::{Mode, Target};
use crate::feed::Feed;
use crate::words::percent;
use crate::worker::protocol::{Foretold, Speed, StepBy, Why};

/// The state of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The run, renewed at most ten times a second; the picture itself follows each frame.
    pub feed: Feed,
    pub speed: Speed,
    pub step_by: StepBy,
    pub selected: Option<Target>,
    /// The service whose form is open and whose counts the timeline shows.
    pub open_service: Option<u16>,
    pub mode: Mode,
    /// What the panel tells of a task.
    pub panel: Panel,
    /// The newest answer to why a task stands where it stands.
    pub why: Option<Rc<Why>>,
    /// The same decision with one of the suggested changes, and which of them.
    pub tried: Option<(u32, Rc<Why>)>,
    /// The edit that came of a trial, in words, until something else is asked or it is taken back.
    pub applied: Option<Rc<str>>,
    /// The newest forecast.
    pub foretold: Option<Rc<Foretold>>,
    /// How many edits can be taken back, and made again.
    pub history: (u32, u32),
    /// The table in place of the picture.
    pub table: bool,
    pub sheet: Sheet,
    pub view: View,
    pub window: Window,
    pub log_folded: bool,
    /// What was refused last.
    pub problem: Option<Rc<str>>,
    /// The preset or file on the screen.
    pub title: Rc<str>,
    pub loaded: bool,
    /// What was asked for and is not on the screen yet.
    pub coming: Option<Rc<str>>,
    /// How much of the engine is here.
    pub engine: Arrival,
    /// The scenario that is coming computes values, and the module for that is on its way.
    pub beyond: bool,
    /// What is brought gets made-up names.
    pub anonymous: bool,
    /// The engine runs on the page's own thread.
    pub without_worker: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            feed: Feed::default(),
            speed: Speed::Times(30.0),
            step_by: StepBy::Decision,
            selected: None,
            open_service: None,
            mode: Mode::Slots,
            panel: Panel::Facts,
            why: None,
            tried: None,
            applied: None,
            foretold: None,
            history: (0, 0),
            table: false,
            sheet: Sheet::Picture,
            view: View::Playground,
            window: Window::All,
            log_folded: false,
            problem: None,
            title: "".into(),
            loaded: false,
            coming: None,
            engine: Arrival::Asked,
            beyond: false,
            anonymous: false,
            without_worker: false,
        }
    }
}

/// How much of the engine is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing yet.
    Asked,
    /// So many bytes, of so many where that is known.
    Coming {
        got: u64,
        whole: Option<u64>,
    },
    Here,
}

/// Which region is in front where there is room for one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    Picture,
    Services,
    Selection,
    Events,
}

impl Sheet {
    pub const ALL: [Self; 4] = [Self::Picture, Self::Services, Self::Selection, Self::Events];

    /// Its name in the markup and on its tab.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Picture => ("pic", "Picture"),
            Self::Services => ("svc", "Services"),
            Self::Selection => ("insp", "Facts"),
            Self::Events => ("log", "Events"),
        }
    }
}

/// What the panel tells of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    Why,
    Facts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Playground,
    Import,
}

/// How much time the timeline shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Minute,
    TenMinutes,
    All,
}

impl Window {
    pub const ALL: [Self; 3] = [Self::Minute, Self::TenMinutes, Self::All];

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Minute => "1 m",
            Self::TenMinutes => "10 m",
            Self::All => "all",
        }
    }

    /// From when to when, with the cursor inside; at least 1 ms.
    #[must_use]
    pub fn span(self, now_ms: u64, until_ms: u64) -> (u64, u64) {
        let length = match self {
            Self::Minute => 60_000,
            Self::TenMinutes => 600_000,
            Self::All => until_ms,
        };
        let until_ms = until_ms.max(1);
        if length >= until_ms {
            return (0, until_ms);
        }
        // The cursor stands at two thirds, so that what led here is seen, and what is known after.
        let from = now_ms.saturating_sub(length * 2 / 3).min(until_ms - length);
        (from, from + length)
    }
}

impl State {
    /// What the page waits for before it can show anything, and how much of it is there, in
    /// percent; `None` once a scenario is on the screen.
    #[must_use]
    pub fn waits_for(&self) -> Option<(String, Option<u64>)> {
        if self.loaded && !self.beyond {
            return None;
        }
        let megabytes = |bytes: u64| format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10);
        let scheduler = if self.beyond {
            "The scenario computes values; what that takes is on its way to your browser"
        } else {
            "The scheduler is on its way to your browser"
        };
        Some(match (self.engine, &self.coming) {
            (Arrival::Asked, _) => (format!("{scheduler}."), None),
            (Arrival::Coming { got, whole: Some(whole) }, _) => {
                let share = percent(got.min(whole), whole);
                (format!("{scheduler}: {share}% of {}.", megabytes(whole)), Some(share))
            }
            (Arrival::Coming { got, whole: None }, _) => {
                (format!("{scheduler}: {} so far.", megabytes(got)), None)
            }
            (Arrival::Here, Some(title)) => (format!("“{title}” is being read."), Some(100)),
            (Arrival::Here, None) => {
                let nothing = "No scenario is open. Choose one above, or bring your own.";
                (nothing.to_owned(), Some(0))
            }
        })
    }
}

/// What can happen to the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A scenario was asked for.
    Coming(Rc<str>),
    /// More of the engine is here.
    Engine(Arrival),
    /// What came takes another module of the engine.
    Beyond,
    /// Whether what is brought gets made-up names.
    Anonymous(bool),
    /// A scenario was taken, and its first frame is there.
    Loaded {
        feed: Feed,
        title: Rc<str>,
    },
    /// The run went on.
    Ran(Feed),
    Speed(Speed),
    StepBy(StepBy),
    Select(Option<Target>),
    ToggleService(u16),
    Mode(Mode),
    Panel(Panel),
    Why(Rc<Why>),
    Tried(Option<(u32, Rc<Why>)>),
    /// What was tried becomes part of the scenario, as this edit.
    Applied(Rc<str>),
    Foretold(Rc<Foretold>),
    History {
        undo: u32,
        redo: u32,
    },
    ToggleTable,
    Sheet(Sheet),
    View(View),
    Window(Window),
    ToggleLog,
    Refused(Rc<str>),
    Dismiss,
    WithoutWorker,
}

/// The state after an action.
#[must_use]
pub fn reduce(state: &State, action: Action) -> State {
    let mut next = state.clone();
    match action {
        Action::Loaded { feed, title } => {
            let kept = (state.speed, state.step_by, state.mode, state.window, state.without_worker);
            next = State { title, loaded: true, ..State::default() };
            (next.speed, next.step_by, next.mode, next.window, next.without_worker) = kept;
            next.log_folded = state.log_folded;
            (next.engine, next.anonymous) = (Arrival::Here, state.anonymous);
            next.panel = state.panel;
            run(&mut next, feed);
        }
        Action::Ran(feed) => run(&mut next, feed),
        Action::Speed(speed) => next.speed = speed,
        Action::StepBy(by) => next.step_by = by,
        Action::Select(target) => (next.selected, next.applied) = (target, None),
        Action::ToggleService(index) => {
            next.open_service = (state.open_service != Some(index)).then_some(index);
        }
        Action::Mode(mode) => next.mode = mode,
        Action::Panel(panel) => next.panel = panel,
        Action::History { undo, redo } => {
            next.history = (undo, redo);
            if undo <= state.history.0 {
                next.applied = None;
            }
        }
        Action::Why(why) => (next.why, next.tried) = (Some(why), None),
        Action::Tried(tried) => (next.tried, next.applied) = (tried, None),
        Action::Applied(words) => next.applied = Some(words),
        Action::Foretold(foretold) => next.foretold = Some(foretold),
        Action::ToggleTable => next.table = !state.table,
        Action::Sheet(sheet) => next.sheet = sheet,
        Action::View(view) => next.view = view,
        Action::Window(window) => next.window = window,
        Action::ToggleLog => next.log_folded = !state.log_folded,
        Action::Refused(problem) => {
            (next.problem, next.coming, next.beyond) = (Some(problem), None, false);
            next.applied = None;
        }
        Action::Coming(title) => next.coming = Some(title),
        Action::Engine(arrival) => next.engine = arrival,
        Action::Beyond => (next.engine, next.beyond) = (Arrival::Asked, true),
        Action::Anonymous(anonymous) => next.anonymous = anonymous,
        Action::Dismiss => next.problem = None,
        Action::WithoutWorker => next.without_worker = true,
    }
    next
}

fn run(next: &mut State, feed: Feed) {
    let first = next.feed.board.frame.services.is_empty();
    next.feed = feed;
    if first && next.open_service.is_none() {
        next.open_service = busiest(next);
    }
    let gone = match next.selected {
        Some(Target::Task(key)) => next.feed.board.task(key).is_none(),
        Some(Target::Host(index)) => {
            !next.feed.board.live_hosts().any(|(live, _, _)| live == index)
        }
        Some(Target::Zone(_)) | None => false,
    };
    if gone {
        next.selected = None;
    }
}

/// The first service that is deploying, else the first.
fn busiest(state: &State) -> Option<u16> {
    let services = &state.feed.board.frame.services;
    let deploying = services.iter().position(|service| service.deployments.len() > 1);
    let index = deploying.unwrap_or(0);
    (index < services.len()).then_some(index as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::worker::protocol::Frame;

    fn running() -> State {
        let mut state = State::default();
        let feed = Feed { board: fixture::six_services(), ..Feed::default() };
        state = reduce(&state, Action::Loaded { feed: Feed::default(), title: "Six".into() });
        reduce(&state, Action::Ran(feed))
    }

    #[test]
    fn before_a_scenario_is_there_the_page_says_what_it_waits_for() {
        let told = |state: &State| state.waits_for().map(|(sentence, _)| sentence);
        let state = reduce(&State::default(), Action::Coming("Six".into()));
        let asked = "The scheduler is on its way to your browser.";
        assert_eq!(told(&state).as_deref(), Some(asked));
        let half = Arrival::Coming { got: 1_700_000, whole: Some(3_400_000) };
        let state = reduce(&state, Action::Engine(half));
        let coming = "The scheduler is on its way to your browser: 50% of 3.4 MB.";
        assert_eq!(state.waits_for(), Some((coming.to_owned(), Some(50))));
        let state = reduce(&state, Action::Engine(Arrival::Here));
        assert_eq!(told(&state).as_deref(), Some("“Six” is being read."));
        let refused = reduce(&state, Action::Refused("no".into()));
        assert!(told(&refused).is_some_and(|told| told.starts_with("No scenario is open.")));
        assert_eq!(running().waits_for(), None);
    }

    #[test]
    fn what_a_scenario_needs_beyond_the_rest_is_waited_for_and_a_refusal_shows_the_old_one() {
        let state = reduce(&running(), Action::Beyond);
        let told = state.waits_for().map(|(sentence, _)| sentence).unwrap_or_default();
        assert!(told.starts_with("The scenario computes values; what that takes is"), "{told}");
        assert_eq!(reduce(&state, Action::Refused("no".into())).waits_for(), None);
    }

    #[test]
    fn the_first_frame_opens_a_service() {
        assert_eq!(running().open_service, Some(0));
    }

    #[test]
    fn a_service_opens_and_closes() {
        let state = reduce(&running(), Action::ToggleService(1));
        assert_eq!(state.open_service, Some(1));
        assert_eq!(reduce(&state, Action::ToggleService(1)).open_service, None);
    }

    #[test]
    fn what_is_gone_is_selected_no_longer() {
        let state = reduce(&running(), Action::Select(Some(Target::Task(1))));
        assert_eq!(state.selected, Some(Target::Task(1)));
        let mut feed = state.feed.clone();
        feed.board = feed.board.with(Frame::default());
        assert_eq!(reduce(&state, Action::Ran(feed)).selected, None);
    }

    #[test]
    fn another_scenario_keeps_speed_and_forgets_the_selection() {
        let state = reduce(&running(), Action::Speed(Speed::Max));
        let state = reduce(&state, Action::Select(Some(Target::Host(0))));
        let loaded = Action::Loaded { feed: Feed::default(), title: "Other".into() };
        let state = reduce(&state, loaded);
        assert_eq!((state.speed, state.selected), (Speed::Max, None));
    }

    #[test]
    fn what_was_applied_is_said_until_it_is_taken_back() {
        let applied = |state: &State| state.applied.as_deref().map(str::to_owned);
        let state = reduce(&running(), Action::Applied("memory 300".into()));
        let state = reduce(&state, Action::History { undo: 1, redo: 0 });
        assert_eq!(applied(&state).as_deref(), Some("memory 300"));
        assert_eq!(applied(&reduce(&state, Action::History { undo: 0, redo: 1 })), None);
        assert_eq!(applied(&reduce(&state, Action::Refused("no".into()))), None);
    }

    #[test]
    fn a_refusal_stays_until_dismissed() {
        let state = reduce(&running(), Action::Refused("no".into()));
        assert_eq!(state.problem.as_deref(), Some("no"));
        assert_eq!(reduce(&state, Action::Dismiss).problem, None);
    }

    #[test]
    fn the_window_follows_the_cursor_and_stays_inside_the_run() {
        assert_eq!(Window::All.span(5, 600_000), (0, 600_000));
        assert_eq!(Window::Minute.span(0, 600_000), (0, 60_000));
        assert_eq!(Window::Minute.span(300_000, 600_000), (260_000, 320_000));
        assert_eq!(Window::Minute.span(600_000, 600_000), (540_000, 600_000));
        assert_eq!(Window::TenMinutes.span(0, 60_000), (0, 60_000));
    }
}
