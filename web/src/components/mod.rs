//! The parts of the page, one file each.

pub mod capacity_strip;
pub mod chooser;
pub mod cluster_table;
pub mod deployment_card;
pub mod event_log;
pub mod facts;
pub mod glyph;
pub mod icon;
pub mod import_notes;
pub mod import_panel;
pub mod key_strip;
pub mod live_region;
pub mod notice;
pub mod peek_bar;
pub mod picture;
pub mod scenario_picker;
pub mod selection_panel;
pub mod service_form;
pub mod service_list;
pub mod sheet_tabs;
pub mod swatch;
pub mod timeline;
mod timeline_chart;
mod timeline_marks;
pub mod top_bar;
pub mod transport;
pub mod waiting_room;
