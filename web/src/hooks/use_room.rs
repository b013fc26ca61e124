//! How much room an element has, and from when on zones are stacked.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlElement, ResizeObserver};
use yew::prelude::*;

use crate::canvas::layout::Area;

/// Below this width of the page zones stand one under the other.
const STACKED_BELOW: f64 = 600.0;

/// The size of an element, kept up to date while it stands in the page.
#[hook]
pub fn use_room(element: &NodeRef) -> Area {
    let area = use_state_eq(|| Area { width: 0.0, height: 0.0, stacked: false });
    {
        let (element, area) = (element.clone(), area.setter());
        use_effect_with((), move |()| {
            let watched = element.cast::<HtmlElement>();
            let measure = {
                let watched = watched.clone();
                move || {
                    if let Some(element) = &watched {
                        area.set(measured(element));
                    }
                }
            };
            measure();
            let changed = Closure::<dyn FnMut()>::new(measure);
            let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
            if let (Some(observer), Some(element)) = (&observer, &watched) {
                observer.observe(element);
            }
            move || {
                if let Some(observer) = observer {
                    observer.disconnect();
                }
                drop(changed);
            }
        });
    }
    *area
}

fn measured(element: &HtmlElement) -> Area {
    let page = web_sys::window().and_then(|window| window.inner_width().ok()?.as_f64());
    Area {
        width: f64::from(element.client_width()),
        height: f64::from(element.client_height()),
        stacked: page.unwrap_or(STACKED_BELOW) < STACKED_BELOW,
    }
}
