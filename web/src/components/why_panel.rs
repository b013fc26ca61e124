//! Why here, why not there: the decision that placed a task, every candidate with its reason.

use std::rc::Rc;

use yew::prelude::*;

use super::says::{cap, cell, heads, said, says};
use crate::deck::{Deck, use_deck};
use crate::model::Board;
use crate::state::Action;
use crate::words::{clock_ms, thousands};
use crate::worker::protocol::{ToEngine, Why, WhyRow, WhyStage};

/// More rows than this stand as a number, until they are asked for; and then, too.
const ROWS_FIRST: usize = 8;
const ROWS_MOST: usize = 60;
/// More candidates than this have no dot each.
const DOTS_MOST: u32 = 24;

#[derive(Properties, PartialEq)]
pub struct WhyPanelProps {
    pub board: Board,
    pub key_of: u32,
    pub why: Option<Rc<Why>>,
    /// The same decision with one of the suggested changes.
    pub tried: Option<(u32, Rc<Why>)>,
}

#[component]
pub fn WhyPanel(props: &WhyPanelProps) -> Html {
    let deck = use_deck();
    let all = use_state(|| false);
    // Another document is another run: the same task may have been placed otherwise.
    let run = Rc::as_ptr(&props.board.document).cast::<u8>() as usize;
    let asking = deck.clone();
    use_effect_with((props.key_of, run), move |(key, _)| {
        asking.send(ToEngine::Why { key: *key });
    });
    let why = props.why.as_deref().filter(|why| why.key == props.key_of);
    let Some(why) = why else {
        return says("hint", "The decision is made once more.");
    };
    let tried = props.tried.as_ref().filter(|(_, tried)| tried.key == props.key_of);
    let shown = tried.map_or(why, |(_, tried)| tried);
    let at = match shown.at_ms {
        Some(ms) => format!("Decided at {}. {}", clock_ms(ms), shown.remarks),
        None => shown.remarks.clone(),
    };
    let back = {
        let deck = deck.clone();
        Callback::from(move |_: MouseEvent| deck.act(Action::Tried(None)))
    };
    html! {
        <div data-testid="why" class={tried.map(|_| "tried")}>
            if tried.is_none() { { said("waits", Some("waits"), &why.waits) } }
            if tried.is_some() {
                <p class="trial"><span class="tag here">{ "tried, not done" }</span>
                    <button class="btn text" onclick={back} data-testid="untry">
                        { "back to what was decided" }</button></p>
            }
            <p class="read" role={tried.map(|_| "status")}>{ &shown.sentence }</p>
            if let Some((change, tried)) = tried { { offer(&deck, *change, tried) } }
            if tried.is_none() { { says("hint", &at) } }
            { funnel(&shown.stages) }
            { table(shown, &all) }
            if !why.changes.is_empty() {
                { cap("What would change it?") }
                <ul class="changes" data-testid="changes">
                    { for (0..).zip(&why.changes).map(|(index, change)| {
                        suggestion(&deck, why.key, index, change, tried.map(|(index, _)| *index))
                    }) }
                </ul>
            }
            if !why.stopped.is_empty() {
                { cap("Why it stopped") }
                { said("", Some("stopped"), &why.stopped) }
            }
        </div>
    }
}

/// What the scenario would say then, and a button that makes it say so.
fn offer(deck: &Deck, change: u32, tried: &Why) -> Html {
    let (deck, key, words) = (deck.clone(), tried.key, Rc::<str>::from(tried.edit.as_str()));
    let onclick = Callback::from(move |_: MouseEvent| {
        deck.act(Action::Applied(words.clone()));
        deck.send(ToEngine::Apply { key, change });
    });
    html! {
        <div class="offer">
            <p id="edit" class="hint" data-testid="edit">{ &tried.edit }</p>
            if tried.applies {
                <button class="btn small" {onclick} aria-describedby="edit" data-testid="apply">
                    { "Apply to scenario" }
                </button>
            }
        </div>
    }
}

/// A change, and a button that tries it.
fn suggestion(deck: &Deck, key: u32, index: u32, change: &str, tried: Option<u32>) -> Html {
    let deck = deck.clone();
    let here = tried == Some(index);
    let onclick = Callback::from(move |_: MouseEvent| {
        if here {
            deck.act(Action::Tried(None));
        } else {
            deck.send(ToEngine::Try { key, change: index });
        }
    });
    html! {
        <li key={index} class={here.then_some("strong")}>
            <span>{ change.to_owned() }</span>
            <button class="btn text" aria-pressed={here.to_string()} {onclick}
                aria-label={format!("Try it: {change}")} data-testid="try">{ "try it" }</button>
        </li>
    }
}

/// How many were left behind each stage; while there are few, a dot each.
fn funnel(stages: &[WhyStage]) -> Html {
    let Some(first) = stages.first() else { return Html::default() };
    let whole = first.left;
    let dot = |stage: &WhyStage, index: u32| {
        let here = index < stage.left;
        let class = match (here, stage.left == 1 && whole > 1) {
            (true, true) => "won",
            (true, false) => "in",
            (false, _) => "",
        };
        html! { <i {class} /> }
    };
    let stage = |stage: &WhyStage| {
        html! {
            <li>
                <small>{ &stage.name }</small><b>{ thousands(u64::from(stage.left)) }</b>
                if whole <= DOTS_MOST {
                    <span class="dots">{ for (0..whole).map(|index| dot(stage, index)) }</span>
                }
            </li>
        }
    };
    html! {
        <ol class="funnel" aria-label="How many were left behind each stage">
            { for stages.iter().map(stage) }
        </ol>
    }
}

fn table(why: &Why, all: &UseStateHandle<bool>) -> Html {
    if why.rows.is_empty() {
        return Html::default();
    }
    // One row is as short as the line that stands for it.
    let folds = why.rows.len() > ROWS_FIRST + 1;
    let shown = if folds && !**all { ROWS_FIRST } else { ROWS_MOST };
    let more = why.rows.len().saturating_sub(shown);
    let rest = if more > 0 { beyond(&why.rows[shown..]) } else { String::new() };
    let onclick = {
        let all = all.clone();
        Callback::from(move |_: MouseEvent| all.set(!*all))
    };
    html! {
        <>
            <table class="why-rows" data-testid="why-rows">
                <caption class="sr">{ "Every candidate and why it was or was not chosen" }</caption>
                <thead><tr>
                    { heads(&["on", "AZ"]) }
                    { for why.columns.iter().map(|name| html! { <th class="num">{ name }</th> }) }
                    { heads(&["verdict"]) }
                </tr></thead>
                <tbody>{ for why.rows.iter().take(shown).map(row) }</tbody>
            </table>
            if folds {
                <p class="rest">
                    <span>{ rest }</span>
                    <button class="btn text" aria-expanded={(**all).to_string()} {onclick}
                        data-testid="all-rows">{ if **all { "show fewer" } else { "show all" } }
                    </button>
                </p>
            }
        </>
    }
}

/// `+ 7 more: 6 in another zone, 1 DRAINING`.
fn beyond(rows: &[WhyRow]) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for row in rows {
        // Amounts differ from one to the next; the kind stands before them.
        let kind = row.verdict.split(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).next();
        let kind = kind.unwrap_or_default().trim_end();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    kinds.truncate(3);
    let words: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    format!("+ {} more: {}", rows.len(), words.join(", "))
}

fn row(row: &WhyRow) -> Html {
    let rank = |rank: &Option<u32>| {
        let text = rank.map_or_else(String::new, |rank| thousands(u64::from(rank)));
        cell("num", &text)
    };
    let tone = if row.refused { "bad" } else { "mid" };
    html! {
        <tr key={format!("{} {}", row.name, row.zone)} class={row.chosen.then_some("chosen")}>
            { cell("strong", &row.name) }
            { cell("", &row.zone) }
            { for row.ranks.iter().map(rank) }
            <td class={(!row.chosen).then_some(tone)} title={row.verdict.clone()}>
                { &row.verdict }
            </td>
        </tr>
    }
}
