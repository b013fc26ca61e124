//! Which worked examples a test's name says it shows.
//!
//! A name begins with them: `plc_3_zones_first`, `w45a_...`, `eni_1_and_2_...`, `cp_1_to_cp_4_...`,
//! `tdf_24_tdf_25_...`. What follows the last number is the story.

use super::catalogue::{Chapter, Example};

/// The examples that a test path such as `placement::tests::plc_1_binpack_memory` names.
pub(super) fn examples_in(test: &str) -> Vec<Example> {
    let name = test.rsplit("::").next().unwrap_or(test);
    let mut words = name.split('_').peekable();
    let mut found: Vec<Example> = Vec::new();
    let mut chapter: Option<&'static Chapter> = None;
    let mut is_range = false;
    while let Some(word) = words.next() {
        if let (Some(_), "and" | "to") = (chapter, word) {
            is_range = word == "to";
            continue;
        }
        let (prefix, number) = split_number(word);
        if !prefix.is_empty() {
            chapter = Chapter::with_prefix(prefix);
        }
        let number = match number {
            "" => words.next_if(|next| next.starts_with(|it: char| it.is_ascii_digit())),
            number => Some(number),
        };
        let example = number.and_then(|number| example_of(chapter?, number));
        let Some(example) = example else { break };
        if is_range {
            found.extend(between(found.last(), &example));
        }
        found.push(example);
        is_range = false;
    }
    found
}

/// `w45a` is `w` and `45a`.
fn split_number(word: &str) -> (&str, &str) {
    word.split_at(word.find(|it: char| it.is_ascii_digit()).unwrap_or(word.len()))
}

fn example_of(chapter: &'static Chapter, number: &str) -> Option<Example> {
    let letter = number.chars().last().filter(char::is_ascii_lowercase);
    let digits = letter.map_or(number, |letter| number.trim_end_matches(letter));
    chapter.example(digits.parse().ok()?, letter)
}

fn between(first: Option<&Example>, last: &Example) -> Vec<Example> {
    let chapter = last.chapter;
    let from = first.map_or(last.number, |it| it.number + 1);
    (from..last.number).filter_map(|number| chapter.example(number, None)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(test: &str, expected: &[&str]) {
        let found: Vec<String> = examples_in(test).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{test}");
    }

    #[test]
    fn one_example() {
        check("placement::tests::plc_1_binpack_memory", &["01-PLC-1"]);
        check("w5_large_services_do_not_overflow", &["03-W5"]);
        check("w45a_health_comes_first", &["03-W45a"]);
        check("run_16_two_thousand_characters", &["01-RUN-16"]);
    }

    #[test]
    fn several_examples() {
        check("eni_1_and_2_and_11_two_tasks_or_ten", &["02-ENI-1", "02-ENI-2", "02-ENI-11"]);
        check("tdf_24_tdf_25_ends_and_steps", &["01-TDF-24", "01-TDF-25"]);
        check("tdf_31_plc_24_not_asked", &["01-TDF-31", "01-PLC-24"]);
        check("cp_1_to_cp_3_one_to_four", &["04-CP-1", "04-CP-2", "04-CP-3"]);
        check("w73_to_w75_thresholds", &["03-W73", "03-W74", "03-W75"]);
        check("cas_17_to_20_bounds", &["04-CAS-17", "04-CAS-20"]);
    }

    #[test]
    fn names_without_an_example() {
        check("a_task_that_fits_nowhere", &[]);
        check("net_of_tasks", &[]);
        check("plc_99_beyond_the_last", &[]);
        check("rolling_10_tasks", &[]);
    }
}
