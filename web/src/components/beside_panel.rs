//! The same workload under the arithmetic of Kubernetes, beside the rolling step of ECS.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::says::{cell, heads, says};
use crate::words::span;
use crate::worker::protocol::{Beside, Moment, Outlook};

/// Kubernetes' own default for both.
const QUARTER: &str = "25%";
/// More moments than this stand as a number.
const MOMENTS_MOST: usize = 24;

/// What is `maxSurge` and `maxUnavailable`; `None` while it is folded.
type Amounts = (String, String);

pub(super) fn beside_panel(
    amounts: Option<&Amounts>,
    outlook: Option<&Outlook>,
    on_change: &Callback<Option<Amounts>>,
) -> Html {
    let open = amounts.is_some();
    let toggle = {
        let quarter = || (QUARTER.to_owned(), QUARTER.to_owned());
        on_change.reform(move |_: MouseEvent| (!open).then(quarter))
    };
    let beside = outlook.and_then(|outlook| outlook.beside.as_ref());
    let beside = beside.filter(|beside| Some(&beside.amounts) == amounts);
    html! {
        <div class="beside">
            <button class="btn text fold" aria-expanded={open.to_string()} onclick={toggle}
                data-testid="beside">{ "Beside Kubernetes" }</button>
            if let Some((surge, unavailable)) = amounts {
                <div class="amounts">
                    { field("maxSurge", surge, {
                        let other = unavailable.clone();
                        on_change.reform(move |it| Some((it, other.clone())))
                    }) }
                    { field("maxUnavailable", unavailable, {
                        let other = surge.clone();
                        on_change.reform(move |it| Some((other.clone(), it)))
                    }) }
                </div>
                if let (Some(beside), Some(outlook)) = (beside, outlook) {
                    { compared(outlook, beside) }
                }
            }
        </div>
    }
}

fn field(name: &'static str, value: &str, on_change: Callback<String>) -> Html {
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            on_change.emit(input.value());
        }
    });
    html! {
        <label><span>{ name }</span>
            <input type="text" size="5" value={value.to_owned()} {oninput} data-testid={name}
                autocomplete="off" spellcheck="false" />
        </label>
    }
}

fn compared(outlook: &Outlook, beside: &Beside) -> Html {
    if !beside.problem.is_empty() {
        return html! { <p class="bad" role="status">{ &beside.problem }</p> };
    }
    let time = |ms: Option<u64>, none: &str| ms.map_or_else(|| none.to_owned(), span);
    let row = |name: &'static str, ecs: String, other: String| {
        let differs = ecs != other;
        let class = differs.then_some("strong");
        html! {
            <tr><th scope="row">{ name }</th><td class={classes!("num", class)}>{ ecs }</td>
                <td class={classes!("num", class)}>{ other }</td></tr>
        }
    };
    let count = |ecs: u32, other: u32| (ecs.to_string(), other.to_string());
    let rows = [
        ("at least healthy", count(outlook.floor, beside.floor)),
        ("at most", count(outlook.ceiling, beside.ceiling)),
        ("fewest healthy", count(outlook.lowest, beside.lowest)),
        ("most tasks", count(outlook.peak, beside.peak)),
        ("waves", count(outlook.waves, beside.waves)),
        ("done in", (time(outlook.duration_ms, "no end"), time(beside.duration_ms, "unknown"))),
    ];
    html! {
        <>
            <table data-testid="beside-table">
                <caption class="sr">{ "The same workload under both arithmetics" }</caption>
                <thead><tr>{ heads(&["", "#ECS", "#Kubernetes"]) }</tr></thead>
                <tbody>{ for rows.into_iter().map(|(name, (a, b))| row(name, a, b)) }</tbody>
            </table>
            { steps("ECS, step by step", "steps-ecs", &beside.ecs) }
            { steps("Kubernetes, step by step", "steps-kubernetes", &beside.kubernetes) }
        </>
    }
}

fn steps(title: &'static str, testid: &'static str, moments: &[Moment]) -> Html {
    if moments.is_empty() {
        return Html::default();
    }
    let more = moments.len().saturating_sub(MOMENTS_MOST);
    let row = |moment: &Moment| {
        let signed = |sign: char, count: u32| match count {
            0 => String::new(),
            count => format!("{sign}{count}"),
        };
        html! {
            <tr>{ cell("", &span(moment.after_ms)) }
                { cell("num", &signed('+', moment.started)) }
                <td class="num">{ signed('\u{2212}', moment.stopped) }</td>
                { cell("num", &moment.old.to_string()) }
                { cell("num", &moment.new.to_string()) }</tr>
        }
    };
    html! {
        <>
            <h4 class="cap">{ title }</h4>
            <table data-testid={testid}>
                <thead><tr>{ heads(&["after", "#starts", "#stops", "#old", "#new"]) }</tr></thead>
                <tbody>{ for moments.iter().take(MOMENTS_MOST).map(row) }</tbody>
            </table>
            if more > 0 { { says("hint", &format!("And {more} more.")) } }
        </>
    }
}
