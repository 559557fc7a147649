//! Why a value holds at a place, or does not, in a sentence. Which one holds is decided in [`super::resolve`].

use super::resolve::{Candidate, Origin, Variables, Verdict};
use super::scope::{Dimension, ScopeContext};

/// A value of a name, what became of it, and why.
pub struct Explained<'v> {
    pub candidate: &'v Candidate,
    pub verdict: Verdict,
    pub because: String,
}

/// Every value of a name at a place, the winner first; none for an unknown name.
#[must_use]
pub fn explained<'v>(
    variables: &'v Variables,
    name: &str,
    context: &ScopeContext,
) -> Vec<Explained<'v>> {
    let all = variables.explain(name, context);
    let of = |wanted: &Verdict| all.iter().find(|(_, verdict)| verdict == wanted);
    let winner = of(&Verdict::Wins).map(|(winner, _)| *winner);
    let tied = of(&Verdict::Ambiguous).is_some();
    let second = of(&Verdict::Beaten).map(|(beaten, _)| *beaten);
    let because = |candidate: &Candidate, verdict: &Verdict| match (verdict, winner) {
        (Verdict::Elsewhere, _) | (_, None) => elsewhere(candidate, context),
        (Verdict::Ambiguous, _) => {
            "Fits exactly as well as the value that is used: which of them is used is chance."
                .to_owned()
        }
        (Verdict::Beaten, Some(winner)) => beats(winner, candidate, context),
        (Verdict::Wins, _) if tied => {
            "Another value fits exactly as well: give one of them a narrower scope.".to_owned()
        }
        (Verdict::Wins, Some(winner)) => second.map_or_else(
            || "The only value that applies here.".to_owned(),
            |second| beats(winner, second, context),
        ),
    };
    let one = |(candidate, verdict): &(&'v Candidate, Verdict)| Explained {
        candidate,
        verdict: verdict.clone(),
        because: because(candidate, verdict),
    };
    all.iter().map(one).collect()
}

fn beats(winner: &Candidate, beaten: &Candidate, context: &ScopeContext) -> String {
    let (high, low) = (winner.scope.matches(context), beaten.scope.matches(context));
    if let (Some(high), Some(low)) = (high, low)
        && high != low
    {
        return sentence(&format!("{high} beats {low}."));
    }
    match (winner.origin, beaten.origin) {
        (Origin::Library(_), Origin::Library(_)) => {
            "A library set listed earlier in the project beats one listed later.".to_owned()
        }
        (winner, beaten) => sentence(&format!("{} beats {}.", origin(winner), origin(beaten))),
    }
}

fn sentence(text: &str) -> String {
    text[..1].to_ascii_uppercase() + &text[1..]
}

const fn origin(of: Origin) -> &'static str {
    match of {
        Origin::Project => "a value of the project",
        Origin::Tenant => "a value of the tenant",
        Origin::Library(_) => "a value of a library set",
    }
}

fn elsewhere(candidate: &Candidate, context: &ScopeContext) -> String {
    let misses = candidate.scope.misses(context);
    let (other, open): (Vec<Dimension>, _) = misses
        .into_iter()
        .partition(|dimension| context.names(*dimension));
    let words = |of: &[Dimension]| -> String {
        let words: Vec<&str> = of.iter().map(|dimension| dimension.word()).collect();
        words.join(" and ")
    };
    match (other.as_slice(), open.as_slice()) {
        ([], open) => format!(
            "Holds only for a certain {}, and none is chosen.",
            words(open)
        ),
        (other, _) => format!("Does not apply: it is for another {}.", words(other)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::secret::{Sealed, Secret};
    use crate::variable::VariableSet;

    fn set(variables: Value) -> VariableSet<Secret> {
        let document = json!({"Id": "s", "OwnerId": "o", "Variables": variables});
        let stored: VariableSet<Sealed> = serde_json::from_value(document).unwrap();
        stored
            .unseal(|_, sealed| Ok::<_, ()>(Secret::new(sealed.0.clone())))
            .unwrap()
    }

    fn value(id: &str, scope: Value) -> Value {
        json!({"Id": id, "Name": "Url", "Value": id, "Scope": scope})
    }

    fn said(sets: Vec<(Origin, Value)>) -> Vec<String> {
        let sets = sets.into_iter().map(|(origin, of)| (origin, set(of)));
        let variables = Variables::new(sets.collect(), &BTreeMap::new());
        let here = ScopeContext {
            environment: Some("test".into()),
            channel: Some("main".into()),
            ..ScopeContext::default()
        };
        explained(&variables, "url", &here)
            .into_iter()
            .map(|one| format!("{} {:?}: {}", one.candidate.id, one.verdict, one.because))
            .collect()
    }

    #[test]
    fn each_value_says_what_became_of_it() {
        let own = json!([
            value("plain", json!({})),
            value("test", json!({"Environment": ["test"]})),
            value(
                "both",
                json!({"Environment": ["test"], "Channel": ["main"]})
            ),
            value("production", json!({"Environment": ["production"]})),
            value("target", json!({"Machine": ["m1"]})),
        ]);
        let shared = json!([value(
            "shared",
            json!({"Environment": ["test"], "Channel": ["main"]})
        )]);
        assert_eq!(
            said(vec![(Origin::Project, own), (Origin::Library(0), shared)]),
            [
                "both Wins: A value of the project beats a value of a library set.",
                "shared Beaten: A value of the project beats a value of a library set.",
                "test Beaten: Environment and channel beats environment.",
                "plain Beaten: Environment and channel beats no scope.",
                "production Elsewhere: Does not apply: it is for another environment.",
                "target Elsewhere: Holds only for a certain target, and none is chosen.",
            ]
        );
    }

    #[test]
    fn a_tie_is_said_of_both_and_one_alone_is_said_so() {
        let twice = json!([value("a", json!({})), value("b", json!({}))]);
        assert_eq!(
            said(vec![(Origin::Project, twice)]),
            [
                "a Wins: Another value fits exactly as well: give one of them a narrower scope.",
                "b Ambiguous: Fits exactly as well as the value that is used: which of them is used is chance.",
            ]
        );
        let alone = json!([value("a", json!({}))]);
        assert_eq!(
            said(vec![(Origin::Library(0), alone)]),
            ["a Wins: The only value that applies here."]
        );
    }
}
