//! What the help of each command shows is right and enough. Only tests.

use clap::{CommandFactory as _, Parser};

use super::Command;
use crate::options::Options;

#[derive(Parser)]
#[command(name = "regatta")]
struct Program {
    #[command(subcommand)]
    _command: Command,
    #[command(flatten)]
    _options: Options,
}

/// More than this does not fit on a screen.
const LINES_MAX: usize = 45;

/// Every command that does something, as it is typed.
fn leaves(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
    let mut below = command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
        .peekable();
    if below.peek().is_none() {
        return vec![(path.to_owned(), command.clone())];
    }
    below
        .flat_map(|below| leaves(below, &format!("{path} {}", below.get_name())))
        .collect()
}

/// The words of the part of a line that is ours, as a shell would split them.
fn words(example: &str) -> Vec<String> {
    let ours = example
        .split(" | ")
        .find(|part| part.starts_with("regatta"));
    let ours = ours.expect("an example calls the program");
    let ours = ours.split(" > ").next().unwrap_or_default();
    let ours = ours.split(" < ").next().unwrap_or_default();
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in ours.trim().chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut().expect("it begins with one").push(c),
        }
    }
    words
}

#[test]
fn every_command_shows_two_examples_that_can_be_typed_and_fits_on_a_screen() {
    let mut program = Program::command();
    program.build();
    for (path, mut command) in leaves(&program, "regatta") {
        let help = command.render_help().to_string();
        let lines = help.lines().count();
        assert!(lines <= LINES_MAX, "{path}: {lines} lines");
        let summary = help.lines().next().unwrap_or_default();
        assert!(
            !summary.is_empty() && !summary.starts_with("Usage"),
            "{path} says not what it does"
        );
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_default();
        let examples: Vec<&str> = examples
            .lines()
            .map(str::trim)
            .take_while(|line| !line.is_empty())
            .collect();
        assert!(examples.len() >= 2, "{path}: {examples:?}");
        for example in examples {
            assert!(example.contains(&path), "{path}: {example}");
            let typed = Program::try_parse_from(words(example));
            assert!(
                typed.is_ok(),
                "{example}: {}",
                typed.err().expect("it failed")
            );
        }
    }
}
