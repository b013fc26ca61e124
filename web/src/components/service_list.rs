//! What is wanted: a row for each service, one of them open.

use std::rc::Rc;

use yew::prelude::*;

use super::deploy_panel::DeployPanel;
use super::service_form::ServiceForm;
use super::swatch::Swatch;
use crate::deck::use_deck;
use crate::model::Board;
use crate::state::Action;
use crate::worker::protocol::{Foretold, Service};

#[derive(Properties, PartialEq)]
pub struct ServiceListProps {
    pub board: Board,
    pub open: Option<u16>,
    pub foretold: Option<Rc<Foretold>>,
}

#[component]
pub fn ServiceList(props: &ServiceListProps) -> Html {
    let services = (0u16..).zip(&props.board.frame.services);
    html! {
        <section class="svc" aria-label="Services" data-testid="services">
            <h2 class="cap"><span>{ "Services" }</span><span>{ "running of desired" }</span></h2>
            { for services.map(|(index, service)| {
                let open = props.open == Some(index);
                html! { <One key={index} {index} board={props.board.clone()}
                    service={service.clone()} {open}
                    foretold={props.foretold.clone().filter(|_| open)} /> }
            }) }
            if props.board.frame.services.is_empty() {
                <p class="why first">{
                    "This scenario has no service. Its tasks are started one by one." }</p>
            }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct OneProps {
    index: u16,
    board: Board,
    service: Service,
    open: bool,
    foretold: Option<Rc<Foretold>>,
}

#[component]
fn One(props: &OneProps) -> Html {
    let deck = use_deck();
    let (index, service) = (props.index, &props.service);
    let onclick = Callback::from(move |_| deck.act(Action::ToggleService(index)));
    let primary = service.deployments.iter().find(|d| d.status == "PRIMARY");
    let revision = primary.map_or(0, |d| props.board.revision(d.definition));
    let expanded = if props.open { "true" } else { "false" };
    let unsettled = service.deployments.len() > 1 || service.running != service.desired;
    html! {
        <div class={classes!("one", props.open.then_some("open"))}
            data-testid={format!("service-{}", service.name)}>
            <button class="row" aria-expanded={expanded} {onclick}>
                <Swatch badge={props.board.badge(Some(index))} />
                <span class={classes!(props.open.then_some("strong"))}>{ &service.name }</span>
                <span class="count" data-testid="count">
                    { service.running }
                    <span class="dim">{ format!(" of {}", service.desired) }</span>
                </span>
                <span class="rev">{ format!("r{revision}") }</span>
            </button>
            if props.open || unsettled {
                <p class={classes!("why", props.open.then_some("first"))} data-testid="sentence">
                    { &service.sentence }
                </p>
            }
            if props.open {
                <ServiceForm service={service.clone()} />
                <DeployPanel board={props.board.clone()} service={service.clone()}
                    foretold={props.foretold.clone()} />
            }
        </div>
    }
}
