//! The module of the page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    stowplan_web::app::start();
}
