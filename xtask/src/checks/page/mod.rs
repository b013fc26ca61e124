//! The page in a real Chromium, used as a visitor would.

mod asking;
mod bands;
mod bringing;
mod changing;
mod deploying;
mod digests;
mod hands;
mod keyboard;
mod native;
mod opening;
mod phone;
mod stillness;
mod time;
mod visit;

use anyhow::Result;

use super::{Tally, driver, report};
use crate::browser::Browser;
use crate::serve::Server;
use crate::{bundle, prepare};
use native::Native;
use visit::Guest;

type Check = fn(&Guest<'_>) -> Result<()>;

/// What the page must do; the numbers are those of the playground's acceptance checks.
const CHECKS: [(&str, Check); 38] = [
    (
        "1: a cold page shows a task reaching RUNNING within 3 s",
        opening::moves_within_three_seconds,
    ),
    ("the page starts dark on a phone without complaint", opening::starts_dark_on_a_phone),
    ("an address that names a preset opens it", opening::address_names_a_preset),
    (
        "until the scheduler has arrived the page says that it loads, and what",
        opening::says_what_it_waits_for,
    ),
    ("3: a click on a tile names task, instance, zone, revision, state", hands::tiles),
    ("4: why here tells every candidate and its reason", asking::why_here),
    ("6: a suggested change is tried, and the run stays as it was", asking::try_it),
    ("what was tried is applied to the scenario, and taken back", asking::apply),
    ("why here follows the selection and the run", asking::follows),
    ("why here says what a task waits for, second by second", asking::waits),
    ("instances and zones can be selected, and let go again", hands::instances_and_zones),
    ("the table lists the same tasks as the picture", hands::table),
    ("one more and one fewer task of a service", hands::desired_count),
    ("7: an instance ended by button or key is gone, and replaced", changing::terminate),
    ("10: drained, activated, interrupted with two minutes' notice", changing::drain_and_interrupt),
    ("a task can be stopped", changing::stop_a_task),
    ("12: twenty edits are taken back and made again", changing::undo),
    ("a canary shows its shares, its stages and its hook, on a phone too", deploying::canary),
    ("a linear deployment shows each step of its traffic", deploying::linear),
    ("blue/green goes back, and says why", deploying::blue_green),
    ("CodeDeploy shows production and test traffic, and goes back", bands::code_deploy),
    ("three revisions at once are told apart", bands::three_revisions),
    ("the limits of the timeline say how they are rounded", deploying::rounding),
    ("a forecast stands by the deploy button, and comes true", deploying::forecast),
    ("a deployment that can never move is foretold, with a remedy", deploying::deadlock),
    ("beside Kubernetes the same workload moves where ECS does not", deploying::beside_kubernetes),
    ("play, pause, to the start, to the end", time::play_and_pause),
    ("a step is a decision, an event, a second, and back", time::steps),
    ("the speed is the one that was chosen", time::speeds),
    ("13: any instant shows what it showed while playing", time::scrubbing),
    ("keys alone reach every control and show the focus", keyboard::every_control),
    ("keys alone play, walk the picture and change the speed", keyboard::the_picture),
    ("files of a cluster can be dropped; what they hold is shown", bringing::dropped),
    ("25: with made-up names no name or account of the export is left", bringing::made_up),
    ("what cannot be read is refused, and the run stays", bringing::refused),
    ("22: with less motion nothing travels", stillness::nothing_travels),
    ("no sideways scroll and nothing cut off at 360 by 740", phone::fits),
    ("a finger selects, opens each sheet, and has room", phone::touch),
];

/// Parts of checks' names, with commas between: only such checks are run then.
const CHOSEN: &str = "STOWPLAN_PAGE_CHECK";

pub(crate) fn run() -> Result<Tally> {
    let program = prepare::browser()?;
    let native = Native::build()?;
    let site = bundle::build_site()?;
    let server = Server::start(&site, 0)?;
    let browser = Browser::start(&program)?;
    println!("    {} at {}", browser.version()?, server.url());
    let chosen = std::env::var(CHOSEN).ok();
    let mut tally = if chosen.is_some() { Tally::default() } else { driver::run(&browser)? };
    let guest = Guest { browser: &browser, address: server.url(), site, native };
    let is_wanted = |name: &str| match &chosen {
        Some(words) => words.split(',').any(|word| name.contains(word)),
        None => true,
    };
    for (name, check) in CHECKS.iter().filter(|(name, _)| is_wanted(name)) {
        tally.add(report(name, check(&guest)));
    }
    if chosen.is_some() {
        return Ok(tally);
    }
    tally.add(digests::presets(&guest)?);
    tally.add(digests::pasted(&guest)?);
    Ok(tally)
}
