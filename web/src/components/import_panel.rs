//! Bringing a real cluster: paste, drop or open files. Nothing leaves the page.

use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::icon::icon;
use super::says::says;
use crate::deck::use_deck;
use crate::hooks::read_files;
use crate::state::{Action, View};
use crate::worker::protocol::ImportFile;

const ACCEPTED: [&str; 6] = [
    "describe-clusters",
    "describe-container-instances",
    "describe-services",
    "describe-tasks",
    "describe-task-definition",
    "a scenario file, YAML or JSON",
];

const BRING: &str = "Paste, drop or open what the AWS command line answers about a cluster, or a \
                     scenario file.";
const OPENS: &str = "The cluster opens as it stands in the answers: the same tasks on the same \
                     instances, the same deployments in flight. Then time runs on from there.";

const MADE_UP: &str = "With made-up names the picture can be shown to others: names, ids and \
                       accounts of an export are replaced before anything is drawn. The same \
                       export always gets the same names.";

#[derive(Properties, PartialEq)]
pub struct ImportPanelProps {
    /// What is brought gets made-up names.
    pub anonymous: bool,
}

#[component]
pub fn ImportPanel(props: &ImportPanelProps) -> Html {
    let deck = use_deck();
    let files = use_state(Vec::<ImportFile>::new);
    let pasted = use_state(String::new);
    let add = {
        let files = files.clone();
        Callback::from(move |more: Vec<ImportFile>| {
            let mut all = (*files).clone();
            all.extend(more);
            files.set(all);
        })
    };
    let onchange = {
        Callback::from(move |event: Event| {
            if let Some(list) = event.target_dyn_into::<HtmlInputElement>().and_then(|i| i.files())
            {
                read_files(&list, add.clone());
            }
        })
    };
    let oninput = {
        let pasted = pasted.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(area) = event.target_dyn_into::<HtmlTextAreaElement>() {
                pasted.set(area.value());
            }
        })
    };
    let accepted = ACCEPTED.iter().map(|kind| html! { <li key={*kind}>{ *kind }</li> });
    let ready = !files.is_empty() || !pasted.trim().is_empty();
    let anonymous = props.anonymous;
    let on_anonymous = {
        let deck = deck.clone();
        Callback::from(move |_| deck.act(Action::Anonymous(!anonymous)))
    };
    let open = {
        let (files, pasted) = (files.clone(), pasted);
        Callback::from(move |_| {
            let mut all = (*files).clone();
            if !pasted.trim().is_empty() {
                all.push(ImportFile { name: "pasted".to_owned(), text: (*pasted).clone() });
            }
            deck.player.import(all, anonymous);
            deck.act(Action::View(View::Playground));
        })
    };
    html! {
        <section class="import" aria-label="Import" data-testid="import">
            <div class="intro">
                <h1>{ "Bring a real cluster" }</h1>
                { says("mid", BRING) }
                { says("strong nowrap", "Nothing leaves this page.") }
            </div>
            <div class="in">
                <div class="files">
                    { for files.iter().enumerate().map(|(index, file)| {
                        chip(&files, index, &file.name)
                    }) }
                    <label class="btn small">{ icon("plus") }{ "Open files" }
                        <input class="sr" type="file" multiple=true accept=".json,.yaml,.yml,.txt"
                            {onchange} data-testid="import-files" />
                    </label>
                </div>
                <textarea aria-label="Pasted text" spellcheck="false" autocomplete="off" {oninput}
                    placeholder="aws ecs describe-services ...  or a scenario"
                    data-testid="paste" />
            </div>
            <div class="out">
                <h2 class="cap">{ "What is read" }</h2>
                <ul>{ for accepted }</ul>
                { says("mid", OPENS) }
                <p class="mid" id="made-up">{ MADE_UP }</p>
            </div>
            <div class="foot">
                <label class="choice" title={MADE_UP}>
                    <input type="checkbox" checked={anonymous} onchange={on_anonymous}
                        aria-describedby="made-up" data-testid="anonymous" />
                    <span>{ "Replace names and account ids by made-up ones" }</span>
                </label>
                <span class="grow" />
                <button class="btn main" disabled={!ready} onclick={open} data-testid="import-open"
                    title={(!ready).then_some("Bring a file or paste something first.")}>
                    { "Open in playground" }
                </button>
            </div>
        </section>
    }
}

fn chip(files: &UseStateHandle<Vec<ImportFile>>, index: usize, name: &str) -> Html {
    let files = files.clone();
    let onclick = Callback::from(move |_| {
        let mut left = (*files).clone();
        left.remove(index);
        files.set(left);
    });
    html! {
        <span class="file" key={index}>{ icon("check") }{ name.to_owned() }
            <button {onclick} aria-label={format!("Leave out {name}")}>
                { icon("cross") }
            </button>
        </span>
    }
}
