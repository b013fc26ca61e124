//! Explanations: they are true, and they are said in sentences.

#[allow(dead_code, reason = "each test program uses a part of the bed")]
#[path = "../bed/mod.rs"]
mod bed;

mod changes;
mod choices;
mod fargate;
mod never;
mod sentences;
mod waits;

/// Long sentences go on in indented lines.
fn folded(text: &str) -> String {
    let (mut lines, mut width) = (String::new(), 0);
    for word in text.split(' ') {
        if width > 0 && width + word.len() > 76 {
            lines.push_str("\n   ");
            width = 3;
        }
        if width > 0 {
            lines.push(' ');
        }
        lines.push_str(word);
        width += word.len() + 1;
    }
    lines + "\n"
}
