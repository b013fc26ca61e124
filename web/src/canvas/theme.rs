//! The page's colours for the canvas, resolved once a theme change.

use std::cell::RefCell;
use std::collections::BTreeMap;

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlElement};

/// Every token the painter uses, as the browser computed it.
#[derive(Debug, Clone, Default)]
pub struct Theme {
    pub picture: String,
    pub surface: String,
    pub sunken: String,
    pub hairline: String,
    pub frame: String,
    pub ink: String,
    pub ink_2: String,
    pub ink_3: String,
    pub accent: String,
    pub fail: String,
    pub fail_ink: String,
    pub on_fail: String,
    pub tile_line: String,
    /// By hue; 0 is that of standalone tasks.
    pub services: [String; 7],
    pub on_services: [String; 7],
    pub font: String,
    pub tile_line_width: f64,
    pub frame_line_width: f64,
    widths: RefCell<BTreeMap<(u8, String), f64>>,
}

impl Theme {
    /// Reads the tokens as they are in force now.
    #[must_use]
    pub fn resolve() -> Self {
        let document = web_sys::window().and_then(|window| window.document());
        let Some(document) = document else { return Self::default() };
        let probe =
            document.create_element("i").ok().and_then(|e| e.dyn_into::<HtmlElement>().ok());
        let (Some(probe), Some(body)) = (probe, document.body()) else { return Self::default() };
        // A picture without its colours is still a picture: nothing here is worth failing for.
        let _ = body.append_child(&probe);
        let colour = |token: &str| resolve(&probe, token);
        let mut theme = Self {
            picture: colour("--picture"),
            surface: colour("--surface"),
            sunken: colour("--sunken"),
            hairline: colour("--hairline"),
            frame: colour("--frame"),
            ink: colour("--ink"),
            ink_2: colour("--ink-2"),
            ink_3: colour("--ink-3"),
            accent: colour("--accent"),
            fail: colour("--fail"),
            fail_ink: colour("--fail-ink"),
            on_fail: colour("--on-fail"),
            tile_line: colour("--tile-line"),
            font: token("--font"),
            tile_line_width: width("--lw-tile", 1.0),
            frame_line_width: width("--lw-frame", 1.25),
            ..Self::default()
        };
        theme.services[0] = theme.sunken.clone();
        theme.on_services[0] = theme.ink.clone();
        for hue in 1..=6 {
            theme.services[hue] = colour(&format!("--svc-{hue}"));
            theme.on_services[hue] = colour(&format!("--svc-{hue}-ink"));
        }
        probe.remove();
        theme
    }

    #[must_use]
    pub fn service(&self, hue: u8) -> &str {
        &self.services[usize::from(hue.min(6))]
    }

    #[must_use]
    pub fn on_service(&self, hue: u8) -> &str {
        &self.on_services[usize::from(hue.min(6))]
    }

    /// Sets the face: weight and size in px.
    pub fn set_font(&self, context: &CanvasRenderingContext2d, weight: u16, px: u8) {
        context.set_font(&format!("{weight} {px}px {}", self.font));
    }

    /// The width of a short text in the face that is set, measured once for each text.
    pub fn width(&self, context: &CanvasRenderingContext2d, px: u8, text: &str) -> f64 {
        let mut widths = self.widths.borrow_mut();
        let key = (px, text.to_owned());
        *widths.entry(key).or_insert_with(|| measure(context, text))
    }
}

/// The width of a text in the face that is set.
pub(super) fn measure(context: &CanvasRenderingContext2d, text: &str) -> f64 {
    context.measure_text(text).map_or(0.0, |metrics| metrics.width())
}

fn resolve(probe: &HtmlElement, token: &str) -> String {
    let _ = probe.style().set_property("color", &format!("var({token})"));
    computed(probe).and_then(|style| style.get_property_value("color").ok()).unwrap_or_default()
}

/// A line's width in px, as the tokens have it.
fn width(name: &str, otherwise: f64) -> f64 {
    let width = js_sys::Number::parse_float(&token(name));
    if width.is_nan() { otherwise } else { width }
}

fn token(name: &str) -> String {
    let root = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element());
    let value = root.and_then(|root| {
        let window = web_sys::window()?;
        window.get_computed_style(&root).ok()??.get_property_value(name).ok()
    });
    value.unwrap_or_default().trim().to_owned()
}

fn computed(element: &HtmlElement) -> Option<web_sys::CssStyleDeclaration> {
    web_sys::window()?.get_computed_style(element).ok()?
}
