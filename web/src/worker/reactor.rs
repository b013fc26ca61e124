//! The engine's side of the wire: holds the run, obeys orders, lets time pass, makes frames.

use std::collections::BTreeSet;

use stowplan_engine::api::Event;
use stowplan_engine::model::{InstanceId, ServiceId, TaskId, Time, ZoneId};
use stowplan_sim::document::{Limits, parse, to_json};
use stowplan_sim::import;
use stowplan_sim::run::{Replay, Simulation};
use stowplan_sim::scenario::{Action, Plan, Scenario, TimelineEntry, WorldAction, has_template};

use super::amend::{plan_of, replay_of};
use super::foretell::{foretell, under_way};
use super::journal::{Journal, Mark, is_decision};
use super::pacer::{Goal, Pacer};
use super::protocol::{
    Ahead, Foretold, Frame, FromEngine, ImportFile, ImportNote, StepBy, Summary, ToEngine, Waiting,
    Why,
};
use super::sentence::{Telling, sentence};
use super::shortage::waiting;
use super::stages;
use super::survey::{Survey, columns};
use super::why::{Asked, applied, renewed, tried, why};

/// From the notice to the end of a Spot instance (04 section 3.2).
const SPOT_NOTICE_MS: u64 = 120_000;
/// With more tasks than this it is not asked at each frame what a service waits for.
const ASKED_MOST: usize = 4_000;
/// Without an answer for so long the page sleeps, and so does time. Wall-clock ms.
const ASLEEP_MS: f64 = 500.0;

/// So long a question about what is to come must stand before it is answered, wall-clock ms.
const RESTS_MS: f64 = 150.0;

const SCENARIO_KEEPS_ITS_NAMES: &str = "This is a scenario. Only exports of a cluster can get \
                                        made-up names: clear that choice to open it as it is.";

/// See the module.
pub struct Reactor {
    turn_ms: f64,
    wall: fn() -> f64,
    pacer: Pacer,
    run: Option<Run>,
    playing: bool,
    /// The page has drawn the last frame.
    shown: bool,
    sent_at: f64,
    /// There is something the page has not been told.
    news: bool,
    /// A frame was sent since it was looked whether there is more to say of a task.
    moved: bool,
    /// What is to be foretold, and when it was asked.
    ahead: Option<(Ahead, f64)>,
}

/// A scenario under way.
struct Run {
    replay: Replay,
    journal: Journal,
    document: serde_json::Value,
    columns: Vec<ZoneId>,
    /// Where the reader stands, which may be between two instants.
    clock: u64,
    /// How far the reader ever stood.
    known: u64,
    until: u64,
    /// Documents before each edit, and where the reader stood; those taken back.
    past: Vec<(serde_json::Value, u64)>,
    future: Vec<(serde_json::Value, u64)>,
    fresh: bool,
    hosts_sent: usize,
    definitions_sent: usize,
    /// Tasks whose ids the page knows: one that a jump passed over is met on the way back.
    named: BTreeSet<u32>,
    /// What was said last of the task asked about last.
    asked: Option<Why>,
}

impl Reactor {
    /// A reactor whose turns take so long at most, by this clock.
    #[must_use]
    pub fn new(turn_ms: f64, wall: fn() -> f64) -> Self {
        Self {
            turn_ms,
            wall,
            pacer: Pacer::default(),
            run: None,
            playing: false,
            shown: true,
            sent_at: 0.0,
            news: false,
            moved: false,
            ahead: None,
        }
    }

    /// Obeys an order; what there is to say at once.
    pub fn order(&mut self, order: ToEngine) -> Vec<FromEngine> {
        let answer = match order {
            ToEngine::Load { text } => self.load(text.as_bytes(), Vec::new()),
            ToEngine::Import { files, anonymous } => self.import(&files, anonymous),
            ToEngine::Edit { entry } => self.edit(&entry),
            ToEngine::Undo => self.step_in_history(true),
            ToEngine::Redo => self.step_in_history(false),
            ToEngine::Why { key } => Ok(self.why(key)),
            ToEngine::Try { key, change } => Ok(self.try_change(key, change)),
            ToEngine::Apply { key, change } => self.apply(key, change),
            ToEngine::Foretell(ahead) => {
                self.ahead = Some((*ahead, (self.wall)()));
                Ok(Vec::new())
            }
            other => {
                self.control(other);
                Ok(Vec::new())
            }
        };
        let mut answer = answer.unwrap_or_else(|message| vec![FromEngine::Problem(message)]);
        answer.extend(self.frame_if_due());
        answer.extend(self.why_if_due());
        answer
    }

    fn control(&mut self, order: ToEngine) {
        self.news |= order != ToEngine::Shown;
        match order {
            ToEngine::Play => {
                self.pacer.start((self.wall)());
                self.playing = self.run.is_some();
            }
            ToEngine::Pause => self.playing = false,
            ToEngine::Speed { speed } => self.pacer.set_speed(speed),
            ToEngine::Step { by, back } => {
                self.playing = false;
                if let Some(run) = &mut self.run {
                    run.step(by, back);
                }
            }
            ToEngine::Seek { ms } => {
                self.pacer.start((self.wall)());
                if let Some(run) = &mut self.run {
                    run.seek(ms);
                }
            }
            ToEngine::Shown => self.shown = true,
            ToEngine::Load { .. }
            | ToEngine::Import { .. }
            | ToEngine::Edit { .. }
            | ToEngine::Undo
            | ToEngine::Redo
            | ToEngine::Why { .. }
            | ToEngine::Try { .. }
            | ToEngine::Apply { .. }
            | ToEngine::Foretell(_) => {}
        }
    }

    fn load(&mut self, text: &[u8], notes: Vec<ImportNote>) -> Result<Vec<FromEngine>, String> {
        let scenario = Scenario::read(text, &Limits::default()).map_err(|e| e.to_string())?;
        if is_beyond(&scenario) {
            return Ok(vec![FromEngine::Beyond]);
        }
        let (run, mut summary) = Run::new(&scenario)?;
        summary.notes = notes;
        self.run = Some(run);
        self.ahead = None;
        (self.playing, self.shown, self.news) = (false, true, true);
        Ok(vec![FromEngine::Loaded(Box::new(summary))])
    }

    /// A lone file that is a scenario is one; everything else is an export.
    fn import(&mut self, files: &[ImportFile], anonymous: bool) -> Result<Vec<FromEngine>, String> {
        if let [one] = files
            && is_scenario(&one.text)
        {
            if anonymous {
                return Err(SCENARIO_KEEPS_ITS_NAMES.to_owned());
            }
            return self.load(one.text.as_bytes(), Vec::new());
        }
        let named: Vec<(&str, &[u8])> =
            files.iter().map(|file| (file.name.as_str(), file.text.as_bytes())).collect();
        let imported =
            import::read(&named, &import::Options { anonymize: anonymous, ..Default::default() });
        let imported = imported.map_err(|error| error.to_string())?;
        let notes = imported.notes.iter().map(import_note).collect();
        let text = to_json(&imported.document).to_string();
        self.load(text.as_bytes(), notes)
    }

    fn edit(&mut self, entry: &str) -> Result<Vec<FromEngine>, String> {
        let run = self.run.as_mut().ok_or("There is no scenario to edit.")?;
        run.edit(entry)?;
        self.news = true;
        Ok(vec![run.document_told()])
    }

    /// Without an edit to take back, or to make again, nothing changes.
    fn step_in_history(&mut self, back: bool) -> Result<Vec<FromEngine>, String> {
        let Some(run) = self.run.as_mut() else { return Ok(Vec::new()) };
        if !run.step_in_history(back)? {
            return Ok(Vec::new());
        }
        self.news = true;
        Ok(vec![run.document_told()])
    }

    /// What is said of a task that the run does not know is nothing.
    fn why(&mut self, key: u32) -> Vec<FromEngine> {
        let Some(run) = self.run.as_mut().filter(|run| run.knows(key)) else { return Vec::new() };
        let told = why(&run.replay, TaskId::new(key));
        run.asked = Some(told.clone());
        vec![FromEngine::Why(Box::new(told))]
    }

    /// A change that nobody suggested is tried in silence.
    fn try_change(&self, key: u32, change: u32) -> Vec<FromEngine> {
        let known = self.run.iter().filter(|run| run.knows(key));
        let tried = known.filter_map(|run| tried(&run.asked(key, change)));
        tried.map(|why| FromEngine::Tried(change, Box::new(why))).collect()
    }

    fn apply(&mut self, key: u32, change: u32) -> Result<Vec<FromEngine>, String> {
        let run = self.run.as_mut().filter(|run| run.knows(key));
        let run = run.ok_or("There is no such task to decide about.")?;
        run.apply(key, change)?;
        (self.playing, self.news) = (false, true);
        Ok(vec![run.document_told()])
    }

    /// Whether time runs and there is a page to see it, or news to be told.
    #[must_use]
    pub fn wants_a_turn(&self) -> bool {
        self.playing || self.news || self.moved || self.ahead.is_some()
    }

    /// Lets time pass for one turn; what there is to say.
    pub fn turn(&mut self) -> Option<FromEngine> {
        let wall = (self.wall)();
        let asleep = !self.shown && wall - self.sent_at > ASLEEP_MS;
        if let Some(run) = self.run.as_mut().filter(|_| self.playing && !asleep) {
            let goal = self.pacer.goal(run.clock, wall);
            let before = run.clock;
            let deadline = wall + self.turn_ms;
            run.go_on(goal, || (self.wall)() < deadline);
            self.news |= run.clock != before;
            if run.clock >= run.until || run.finished() {
                (self.playing, self.news) = (false, true);
            }
        }
        let told = self.frame_if_due().or_else(|| self.why_if_due());
        told.or_else(|| self.foretell_if_due(wall))
    }

    /// Frames come first, and a question that is still being changed is let rest.
    fn foretell_if_due(&mut self, wall: f64) -> Option<FromEngine> {
        let (ahead, _) = self.ahead.take_if(|(_, asked)| wall - *asked >= RESTS_MS)?;
        let run = self.run.as_ref()?;
        Some(FromEngine::Foretold(Box::new(run.foretell(&ahead))))
    }

    /// What is to say of the task asked about last, after the frame in which it changed.
    fn why_if_due(&mut self) -> Option<FromEngine> {
        if !std::mem::take(&mut self.moved) {
            return None;
        }
        Some(FromEngine::Why(Box::new(self.run.as_mut()?.why_renewed()?)))
    }

    fn frame_if_due(&mut self) -> Option<FromEngine> {
        if !self.news || !self.shown {
            return None;
        }
        let run = self.run.as_mut()?;
        (self.news, self.shown, self.moved) = (false, false, true);
        self.sent_at = (self.wall)();
        Some(FromEngine::Frame(Box::new(run.frame(self.playing))))
    }
}

fn import_note(note: &import::Note) -> ImportNote {
    let line = if note.line > 0 { format!("line {}", note.line) } else { String::new() };
    let places = [note.file.as_str(), &note.path, &line];
    let places: Vec<&str> = places.into_iter().filter(|place| !place.is_empty()).collect();
    ImportNote {
        concern: note.concern.as_str().to_owned(),
        text: note.message.clone(),
        place: places.join(", "),
    }
}

/// A document with a `version` and none of an export's answers.
fn is_scenario(text: &str) -> bool {
    let tree = parse(text.as_bytes(), &Limits::default());
    // What cannot be read at all is best explained as a scenario.
    tree.map_or(true, |tree| tree.get("version").is_some())
}

/// Whether a run of the scenario computes values that only the full module can.
fn is_beyond(scenario: &Scenario) -> bool {
    !cfg!(feature = "expressions") && scenario.document().get("timeline").is_some_and(has_template)
}

impl Run {
    fn new(scenario: &Scenario) -> Result<(Self, Summary), String> {
        let document = to_json(scenario.document());
        let plan = scenario.plan().map_err(|error| error.to_string())?;
        let replay = Replay::new(&plan).map_err(|error| error.to_string())?;
        let columns = columns(replay.head().engine());
        let until = ms(plan.until);
        let zones = columns.iter().map(|zone| replay.head().engine().zone_name(*zone).to_owned());
        let summary = Summary {
            name: scenario.title(),
            description: scenario.description.clone().unwrap_or_default(),
            until_ms: until,
            zones: zones.collect(),
            document: document.to_string(),
            notes: Vec::new(),
        };
        let run = Self {
            replay,
            journal: Journal::default(),
            document,
            columns,
            clock: 0,
            known: 0,
            until,
            past: Vec::new(),
            future: Vec::new(),
            fresh: true,
            hosts_sent: 0,
            definitions_sent: 0,
            named: BTreeSet::new(),
            asked: None,
        };
        Ok((run, summary))
    }

    fn next_instant(&self) -> Option<u64> {
        self.replay.head().next_instant().map(ms)
    }

    fn finished(&self) -> bool {
        self.next_instant().is_none()
    }

    fn do_instant(&mut self) -> Option<u64> {
        let before = Mark::of(self.replay.head());
        let now = self.replay.advance()?;
        self.journal.note(self.replay.head(), before, now);
        Some(ms(now))
    }

    /// Goes towards the goal while there is time.
    fn go_on(&mut self, goal: Goal, in_time: impl Fn() -> bool) {
        let target = match goal {
            Goal::Until(target) => target.min(self.until),
            Goal::AsFarAsPossible => self.until,
        };
        while self.next_instant().is_some_and(|next| next <= target) {
            self.clock = self.do_instant().unwrap_or(self.clock).max(self.clock);
            if !in_time() {
                self.known = self.known.max(self.clock);
                return;
            }
        }
        self.stand_at(target);
    }

    fn stand_at(&mut self, clock: u64) {
        self.clock = clock;
        self.known = self.known.max(clock);
    }

    /// Stands at an instant and behind all that happens in it; at 0, before anything happens: what
    /// is seen there is what the document says.
    fn seek(&mut self, to: u64) {
        let to = to.min(self.until);
        if to == 0 {
            self.replay.seek(time_before_start());
            return self.stand_at(0);
        }
        if self.replay.head().now().is_some_and(|now| ms(now) > to) {
            self.replay.seek(time(to));
        }
        while self.next_instant().is_some_and(|next| next <= to) {
            self.do_instant();
        }
        self.stand_at(to);
    }

    fn step(&mut self, by: StepBy, back: bool) {
        match (by, back) {
            (StepBy::Second, true) => self.seek(self.clock.saturating_sub(1000)),
            (StepBy::Second, false) => self.seek(self.clock + 1000),
            (_, true) => {
                let wanted = |event: &&Event| {
                    ms(event.at) < self.clock && (by == StepBy::Event || is_decision(&event.kind))
                };
                let log = self.replay.head().record().log();
                let at = log.iter().rev().find(wanted).map_or(0, |event| ms(event.at));
                self.seek(at);
            }
            (_, false) => self.step_on(by),
        }
    }

    fn step_on(&mut self, by: StepBy) {
        loop {
            let before = self.replay.head().record().log().len();
            let Some(now) = self.do_instant() else { return self.stand_at(self.until) };
            self.stand_at(now);
            let mut new = self.replay.head().record().log().iter_from(before);
            if new.any(|event| by == StepBy::Event || is_decision(&event.kind)) {
                return;
            }
        }
    }

    /// Appends an entry to the document at the instant on the screen, and runs on from there. The
    /// document is read anew as a whole, so that an edit is checked as a file would be.
    fn edit(&mut self, entry: &str) -> Result<(), String> {
        let (document, added, at) = self.with_entry(entry)?;
        self.replay.edit(added);
        self.past.push((std::mem::replace(&mut self.document, document), self.clock));
        self.future.clear();
        self.begin_anew();
        // The entry takes effect at once, so that the reader sees what it did.
        self.known = at;
        self.seek(at);
        Ok(())
    }

    fn knows(&self, key: u32) -> bool {
        (key as usize) < self.replay.head().engine().tasks().len()
    }

    fn asked(&self, key: u32, change: u32) -> Asked<'_> {
        Asked {
            replay: &self.replay,
            document: &self.document,
            task: TaskId::new(key),
            change: change as usize,
            now_ms: self.edit_at(),
        }
    }

    /// Makes a suggested change part of the document. The reader stands at the decision then, which
    /// is made anew.
    fn apply(&mut self, key: u32, change: u32) -> Result<(), String> {
        let (edit, at) = applied(&self.asked(key, change))?;
        let entries = |document: &serde_json::Value| document["timeline"].as_array().map(Vec::len);
        let added = entries(&edit.document).filter(|now| entries(&self.document) != Some(*now));
        let mut replay = replay_of(&edit.document)?;
        replay.seek(time(at));
        if let Some(refused) = added.and_then(|count| refusal(replay.head(), count - 1)) {
            return Err(format!("It cannot be applied. {refused}"));
        }
        self.replay = replay;
        self.past.push((std::mem::replace(&mut self.document, edit.document), self.clock));
        self.future.clear();
        self.go_back_to(at.max(1));
        Ok(())
    }

    /// Stands at an instant of what is another run from now on.
    fn go_back_to(&mut self, clock: u64) {
        self.clock = clock;
        self.begin_anew();
        self.known = clock;
        self.seek(clock);
    }

    /// When an edit takes effect that is made now.
    fn edit_at(&self) -> u64 {
        let done = self.replay.head().now().map_or(0, |now| ms(now) + 1);
        // Instant 0 belongs to the document as it was brought.
        self.clock.max(done).max(1)
    }

    /// What an entry would bring about here and now; the run stays as it is.
    fn foretell(&self, ahead: &Ahead) -> Foretold {
        let told = match self.with_entry(&ahead.entry) {
            Ok((_, entry, at)) => {
                let wide = || Some(self.with_entry(&without_limits(&ahead.entry)?).ok()?.1);
                foretell(self.replay.head(), &entry, at, ahead.beside.as_ref(), wide)
            }
            Err(refused) => Foretold { refused, at_ms: self.clock, ..Foretold::default() },
        };
        // What is under way goes on from now; an entry of now comes behind what has happened.
        let under_way = under_way(self.replay.head(), self.clock);
        Foretold { question: ahead.question, under_way, ..told }
    }

    /// The document with an entry at the instant on the screen, that entry as it was read, and the
    /// instant.
    fn with_entry(&self, entry: &str) -> Result<(serde_json::Value, TimelineEntry, u64), String> {
        let mut entry: serde_json::Value =
            serde_json::from_str(entry).map_err(|error| error.to_string())?;
        let at = self.edit_at();
        entry["at"] = format!("{at}ms").into();
        let mut document = self.document.clone();
        let listed = document["timeline"].as_array().cloned().unwrap_or_default();
        let place = listed.len();
        document["timeline"] = listed.into_iter().chain([entry]).collect();
        let plan = plan_of(&document)?;
        let added = added_entry(&plan, place).ok_or("The edit came to nothing.")?;
        Ok((document, added, at))
    }

    /// Takes the last edit back, or makes it again; false when there is none. The reader stands
    /// where it was made.
    fn step_in_history(&mut self, back: bool) -> Result<bool, String> {
        let (from, to) = if back {
            (&mut self.past, &mut self.future)
        } else {
            (&mut self.future, &mut self.past)
        };
        let Some((document, clock)) = from.pop() else { return Ok(false) };
        to.push((std::mem::replace(&mut self.document, document), self.clock));
        self.replay = replay_of(&self.document)?;
        self.go_back_to(clock);
        Ok(true)
    }

    fn document_told(&self) -> FromEngine {
        let count = |list: &Vec<_>| u32::try_from(list.len()).unwrap_or(u32::MAX);
        let text = self.document.to_string();
        FromEngine::Document(text, count(&self.past), count(&self.future))
    }

    /// The future is another one: log and series are told again from the start.
    fn begin_anew(&mut self) {
        let now = self.clock;
        self.fresh = true;
        // The page asks again: what was decided may be decided otherwise.
        self.asked = None;
        (self.hosts_sent, self.definitions_sent) = (0, 0);
        self.named.clear();
        self.journal = Journal::default();
        self.replay.seek(time_before_start());
        while self.next_instant().is_some_and(|next| next <= now) {
            self.do_instant();
        }
    }

    /// What is to say of the task asked about last, when time has changed it.
    fn why_renewed(&mut self) -> Option<Why> {
        let last = self.asked.as_ref().filter(|last| self.knows(last.key))?;
        let told = renewed(&self.replay, last);
        if *last == told {
            return None;
        }
        self.asked = Some(told.clone());
        Some(told)
    }

    fn frame(&mut self, playing: bool) -> Frame {
        let head = self.replay.head();
        let survey = Survey { view: head.engine(), now: time(self.clock), columns: &self.columns };
        let mut services = survey.services();
        let waiting = waiting(head.engine(), head.record().log().iter().rev(), &services);
        let ids: Vec<ServiceId> = head.engine().services().map(|(id, _)| id).collect();
        for (id, service) in ids.into_iter().zip(&mut services) {
            let stage = stages::stage(head, id);
            service.stage = stage.as_ref().map(|stage| stage.name.clone());
            service.sentence = say(head, id, service, stage.as_ref(), &waiting, self.clock);
        }
        let hosts = survey.hosts();
        let definitions = survey.definitions();
        let tasks = survey.tasks();
        let view = head.engine();
        let new = tasks.iter().map(|task| task.key).filter(|key| self.named.insert(*key));
        let names = new.map(|key| (key, view.task_name(TaskId::new(key)))).collect();
        let gone_at = |instance: InstanceId| gone_at(head, instance, self.clock);
        let frame = Frame {
            now_ms: self.clock,
            known_ms: self.known,
            until_ms: self.until,
            playing,
            finished: head.next_instant().is_none(),
            digest: head.digest().to_string(),
            fresh: self.fresh,
            names,
            services,
            waiting,
            log: std::mem::take(&mut self.journal.lines),
            series: std::mem::take(&mut self.journal.points),
            milestones: std::mem::take(&mut self.journal.milestones),
            host_states: survey.host_states(gone_at),
            tasks,
            hosts: (hosts.len() > self.hosts_sent).then(|| hosts.clone()),
            definitions: (definitions.len() > self.definitions_sent).then(|| definitions.clone()),
        };
        self.fresh = false;
        self.hosts_sent = self.hosts_sent.max(hosts.len());
        self.definitions_sent = self.definitions_sent.max(definitions.len());
        frame
    }
}

/// Why the call of the entry at this place of the document's timeline was refused, if it was.
fn refusal(head: &Simulation, place: usize) -> Option<String> {
    let path = format!("timeline[{place}]");
    let entries = head.timeline().iter();
    let mut called = entries.zip(head.record().calls().iter());
    let (_, call) = called.find(|(entry, _)| entry.source.path.starts_with(&path))?;
    call.error.as_ref().map(|error| format!("{}: {}", error.exception, error.message))
}

/// The same UpdateService with limits that hold nothing up.
fn without_limits(entry: &str) -> Option<String> {
    let mut entry: serde_json::Value = serde_json::from_str(entry).ok()?;
    let limits = &mut entry.get_mut("updateService")?["deploymentConfiguration"];
    limits["minimumHealthyPercent"] = 0.into();
    limits["maximumPercent"] = 200.into();
    Some(entry.to_string())
}

fn say(
    head: &Simulation,
    id: ServiceId,
    service: &super::protocol::Service,
    stage: Option<&stages::Stage>,
    waiting: &[Waiting],
    now_ms: u64,
) -> String {
    let view = head.engine();
    let definitions = view.definitions();
    let is_settled = service.deployments.len() < 2 && service.running == service.desired;
    // To ask costs a copy of the state: too much, at each frame, for very many tasks.
    let asks = !is_settled && stage.is_none() && view.tasks().len() <= ASKED_MOST;
    sentence(&Telling {
        service,
        stage,
        revision: &|definition| {
            definitions.get(usize::from(definition)).map_or(0, |row| row.revision)
        },
        short: waiting.iter().find(|entry| entry.service == Some(id.index() as u16)),
        steady_since: view.service(id).memory.steady.as_ref().map(|steady| ms(steady.since)),
        holdup: asks.then(|| head.why_waiting(id)).flatten(),
        now_ms,
    })
}

/// When a Spot instance goes that has been given notice.
fn gone_at(head: &Simulation, instance: InstanceId, now: u64) -> Option<u64> {
    let name = &*head.engine().instance(instance).name;
    let notice = head.timeline().iter().filter(|entry| ms(entry.at) <= now).rfind(|entry| {
        matches!(&entry.action, Action::World(WorldAction::InterruptSpot(notice))
            if notice.instance.as_deref() == Some(name))
    })?;
    let at = ms(notice.at) + SPOT_NOTICE_MS;
    (at > now).then_some(at)
}

/// The entry that stands at this place of the document's timeline.
fn added_entry(plan: &Plan, place: usize) -> Option<TimelineEntry> {
    let path = format!("timeline[{place}]");
    plan.timeline.iter().find(|entry| entry.source.path.starts_with(&path)).cloned()
}

fn ms(time: Time) -> u64 {
    u64::try_from(time.0).unwrap_or(0)
}

fn time(ms: u64) -> Time {
    Time(i64::try_from(ms).unwrap_or(i64::MAX))
}

fn time_before_start() -> Time {
    Time(-1)
}

#[cfg(test)]
mod tests;
