//! What can be asked of a service: desired count and the two limits, and the rules it is placed by.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::icon::icon;
use crate::deck::{Deck, use_deck};
use crate::limits::{ceiling, floor, rounded};
use crate::words;
use crate::worker::protocol::{Rule, Service};

/// The API's own bound of a desired count in the page.
const DESIRED_MOST: u32 = 5_000;

pub(super) fn service_form(deck: &Deck, service: &Service) -> Html {
    let desire = |count: u32| {
        let (deck, name) = (deck.clone(), service.name.clone());
        Callback::from(move |_: MouseEvent| {
            deck.update_service(&name, &format!("\"desiredCount\":{count}"));
        })
    };
    let fewer = service.desired.saturating_sub(1);
    let more = (service.desired + 1).min(DESIRED_MOST);
    html! {
        <div class="form">
            <span class="lab">{ "Desired" }</span>
            <span class="wide2"><span class="step">
                <button aria-label="One fewer ([)" title="One fewer ([)"
                    disabled={service.desired == 0}
                    onclick={desire(fewer)} data-testid="fewer">{ icon("minus") }</button>
                <output data-testid="desired">{ service.desired }</output>
                <button aria-label="One more (])" title="One more (])"
                    onclick={desire(more)} data-testid="more">{ icon("plus") }</button>
            </span></span>
            { rules("Strategy", &service.strategy, true) }
            { rules("Constraint", &service.constraints, false) }
            <Percent service={service.clone()} maximum=false />
            <Percent service={service.clone()} maximum=true />
        </div>
    }
}

fn rules(label: &'static str, rules: &[Rule], ordered: bool) -> Html {
    if rules.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <span class="lab top-l">{ label }</span>
            <span class="stack">
                { for rules.iter().enumerate().map(|(index, rule)| {
                    let mark = if ordered { (index + 1).to_string() } else { "✓".to_owned() };
                    let full = format!("{} {}", rule.kind, rule.field);
                    html! {
                        <span key={index} class="rule" title={full}>
                            <i>{ mark }</i><span>{ words::rule(&rule.kind, &rule.field) }</span>
                        </span>
                    }
                }) }
            </span>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct PercentProps {
    service: Service,
    maximum: bool,
}

/// A limit with its slider and the rounded count beside it. While it is dragged the count follows;
/// on release it becomes one edit.
#[component]
fn Percent(props: &PercentProps) -> Html {
    let deck = use_deck();
    let dragged = use_state(|| None::<u32>);
    let service = &props.service;
    let (word, full, name, low, high, held) = if props.maximum {
        ("Maximum", "Maximum percent", "ceiling", 100, 200, service.maximum_percent)
    } else {
        ("Minimum", "Minimum healthy percent", "floor", 0, 100, service.minimum_percent)
    };
    let percent = dragged.unwrap_or(held);
    let count = match (*dragged, props.maximum) {
        (None, true) => service.ceiling,
        (None, false) => service.floor,
        (Some(percent), true) => ceiling(service.desired, percent),
        (Some(percent), false) => floor(service.desired, percent),
    };
    let oninput = {
        let dragged = dragged.clone();
        Callback::from(move |event: InputEvent| dragged.set(slider_value(&event)))
    };
    let onchange = {
        let service = service.clone();
        let maximum = props.maximum;
        Callback::from(move |event: Event| {
            dragged.set(None);
            let Some(percent) = slider_value(&event).filter(|percent| *percent != held) else {
                return;
            };
            let (most, least) = if maximum {
                (percent, service.minimum_percent)
            } else {
                (service.maximum_percent, percent)
            };
            let limits = format!(
                "\"deploymentConfiguration\":{{\"minimumHealthyPercent\":{least},\
                 \"maximumPercent\":{most}}}"
            );
            deck.update_service(&service.name, &limits);
        })
    };
    let part = (percent.saturating_sub(low)).min(high - low) * 100 / (high - low);
    let title = rounded(service.desired, percent, count, props.maximum);
    html! {
        <>
            <span class="lab">{ word }</span>
            <span class="sl">
                <input type="range" min={low.to_string()} max={high.to_string()} step="5"
                    value={percent.to_string()} style={format!("--p:{part}%")}
                    aria-label={full} {oninput} {onchange}
                    data-testid={name} />
                <output>{ format!("{percent}%") }</output>
            </span>
            <span class="limit" {title}><span>{ format!("{name} ") }</span>{ count }</span>
        </>
    }
}

fn slider_value(event: &Event) -> Option<u32> {
    event.target_dyn_into::<HtmlInputElement>()?.value().parse().ok()
}
