//! The deployments of a service, as DescribeServices lists them.

use yew::prelude::*;

use super::says::{cap, cell, heads, strong};
use super::stage_list::stage_list;
use crate::feed::Shelf;
use crate::model::Board;
use crate::worker::protocol::{Milestone, Service};

/// `milestones`: what happened to deployments that shift traffic, of any service.
pub(super) fn deployment_card(board: &Board, index: u16, milestones: &Shelf<Milestone>) -> Html {
    let Some(service) = board.service(index) else { return Html::default() };
    let columns = ["status", "definition", "rollout", "#running", "#pending", "#failed"];
    html! {
        <section data-testid="deployments">
            { cap(&format!("Deployments of {}", service.name)) }
            <table class="rollout">
                <thead><tr>
                    { heads(&columns) }
                </tr></thead>
                <tbody>{ rows(board, service) }</tbody>
            </table>
            { stage_list(index, board.frame.now_ms, milestones) }
        </section>
    }
}

fn rows(board: &Board, service: &Service) -> Html {
    let row = |deployment: &crate::worker::protocol::Deployment| {
        let failed = deployment.failed > 0;
        html! {
            <tr key={deployment.id.clone()} title={deployment.rollout_reason.clone()}>
                { cell("strong", &deployment.status) }
                { cell("", &board.definition_name(deployment.definition)) }
                { cell("mid", &deployment.rollout_state) }
                <td class="num">{ strong(&deployment.running.to_string()) }
                    <span class="dim">{ format!(" of {}", deployment.desired) }</span></td>
                { cell("num", &deployment.pending.to_string()) }
                <td class={classes!("num", failed.then_some("bad"))}>{ deployment.failed }</td>
            </tr>
        }
    };
    service.deployments.iter().map(row).collect()
}
