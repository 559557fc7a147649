//! The language case by case, and its promises over generated input.

use super::*;
use crate::secret::Secret;
use crate::time::Time;

mod dates;
mod errors;
mod filters;
mod numbers;
mod promises;
mod syntax;
mod taint;

/// 2026-11-23T12:34:56.789Z, two hours before local time.
const CLOCK: Clock = Clock {
    now: Time(1_795_437_296_789),
    offset_s: 7_200,
};

fn bindings(variables: &[(&str, &str)]) -> Bindings {
    let binding =
        |(name, value): &(&str, &str)| Binding::new(name, Source::template(Text::plain(*value)));
    Bindings::new(variables.iter().map(binding).collect())
}

fn evaluate(template: &str, variables: &[(&str, &str)]) -> Result<Evaluated, EvalError> {
    let bindings = bindings(variables);
    Evaluator::new(&bindings, CLOCK, Limits::default())
        .evaluate(&Source::template(Text::plain(template)))
}

/// Evaluates and compares; the message shows the template.
#[track_caller]
fn check(template: &str, variables: &[(&str, &str)], expected: &str) {
    let evaluated = evaluate(template, variables).unwrap();
    assert_eq!(evaluated.text, expected, "{template}");
}

#[track_caller]
fn check_all(variables: &[(&str, &str)], cases: &[(&str, &str)]) {
    for (template, expected) in cases {
        check(template, variables, expected);
    }
}

fn secret(text: &str) -> Text {
    Text::Secret(Secret::new(text.to_owned()))
}
