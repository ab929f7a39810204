//! Source files stay short, and nothing is left for later.

use super::{Problem, TextFile};

/// The most lines that a Rust file may have. Long before, it asks to be two.
const MOST_LINES: usize = 700;

/// Words that promise work. A promise belongs to the tracker, where somebody sees it.
const PROMISES: &[&str] = &["TODO", "FIXME", "XXX"];

/// The problems of one file.
pub(super) fn check(file: &TextFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    let lines = file.text.lines().count();
    if file.extension() == Some("rs") && lines > MOST_LINES {
        let message = format!("the file has {lines} lines, {MOST_LINES} are the most");
        problems.push(file.problem(MOST_LINES + 1, message));
    }
    // This file has to spell the words.
    if file.path == file!() {
        return problems;
    }
    for (index, line) in file.text.lines().enumerate() {
        if let Some(promise) = promise(line) {
            problems.push(file.problem(index + 1, format!("{promise}: do it now, or where work is tracked")));
        }
    }
    problems
}

/// The first such word in the line, as a whole word.
fn promise(line: &str) -> Option<&str> {
    let mut words = line.split(|character: char| !(character.is_alphanumeric() || character == '_'));
    words.find(|word| PROMISES.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: &[&str]) {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        let problems: Vec<_> = super::check(&file).iter().map(ToString::to_string).collect();
        assert_eq!(problems, expected);
    }

    #[test]
    fn promises_are_whole_words_in_capitals() {
        check("a.md", "fine\n// TODO: later", &["a.md:2: TODO: do it now, or where work is tracked"]);
        check("a.rs", "(FIXME)", &["a.rs:1: FIXME: do it now, or where work is tracked"]);
        check("a.rs", "TODOS todo!() XXXL clippy::todo", &[]);
        check(file!(), "XXX", &[]);
    }

    #[test]
    fn long_rust_files_are_too_long() {
        check("a.rs", &"\n".repeat(700), &[]);
        check("a.rs", &"\n".repeat(701), &["a.rs:701: the file has 701 lines, 700 are the most"]);
        check("a.json", &"\n".repeat(701), &[]);
    }
}
