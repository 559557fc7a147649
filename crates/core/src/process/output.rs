//! Finding where a text reads another step's outputs: `Octopus.Action[Build].Output.Tag`.
//!
//! The name is spelled the same in a template (`#{...}`), in `get_octopusvariable "..."`,
//! `$OctopusParameters["..."]` and `octopus_parameters[...]`, so one look for the name finds them all. It is
//! found in comments, too: better one report too many than a race nobody saw.

use super::{DeploymentProcess, Step, texts};

/// One read of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputRead {
    /// The step or action named between the brackets.
    pub of: String,
    /// `Tag`; empty when the whole set is meant.
    pub variable: String,
    /// From 1, within the text.
    pub line: usize,
}

/// An output read with the place in the document where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedRead {
    pub read: OutputRead,
    /// Position of the reading action in its step; `None` for the step's own properties.
    pub action: Option<usize>,
    /// E.g. `Actions[0].Properties[Octopus.Action.Script.ScriptBody]`.
    pub field: String,
}

const START: &str = "Octopus.Action[";
const OUTPUT: &str = ".Output";

/// Every output read in a text. Names that are themselves computed (`#{`) are left alone.
#[must_use]
pub fn reads(text: &str) -> Vec<OutputRead> {
    let starts = text.match_indices(START).map(|(at, _)| at);
    starts.filter_map(|at| read_at(text, at)).collect()
}

fn read_at(text: &str, at: usize) -> Option<OutputRead> {
    let (name, rest) = text[at + START.len()..].split_once(']')?;
    let rest = rest.strip_prefix(OUTPUT)?;
    let rest = match rest.strip_prefix('[') {
        Some(machine) => machine.split_once(']').map_or("", |(_, rest)| rest),
        None => rest,
    };
    let name = name.trim();
    if name.is_empty() || name.contains("#{") || name.contains(['\n', '$']) {
        return None;
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let variable: String = rest
        .strip_prefix('.')
        .unwrap_or_default()
        .chars()
        .take_while(|c| is_part(*c))
        .collect();
    let line = text[..at].matches('\n').count() + 1;
    Some(OutputRead {
        of: name.to_owned(),
        variable: variable.trim_end_matches('.').to_owned(),
        line,
    })
}

/// Every output a step reads, in its own properties and in its actions.
#[must_use]
pub fn reads_of_step(step: &Step) -> Vec<PlacedRead> {
    let placed = texts::of_step(step).into_iter().flat_map(|placed| {
        reads(placed.text).into_iter().map(move |read| PlacedRead {
            read,
            action: placed.action,
            field: placed.field.clone(),
        })
    });
    placed.collect()
}

/// The step, and the action within it, that a name between brackets means: an action of that name, else a step.
#[must_use]
pub fn find(process: &DeploymentProcess, name: &str) -> Option<(usize, Option<usize>)> {
    let wanted = crate::name::key(name);
    let is_it = |name: &str| crate::name::key(name) == wanted;
    let by_action = process.steps.iter().enumerate().find_map(|(i, step)| {
        step.actions
            .iter()
            .position(|action| is_it(&action.name))
            .map(|j| (i, Some(j)))
    });
    by_action.or_else(|| {
        process
            .steps
            .iter()
            .position(|step| is_it(&step.name))
            .map(|i| (i, None))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found_with_its_line() {
        let text = "echo #{Octopus.Action[Build it].Output.Tag}\n\
            tag=$(get_octopusvariable \"Octopus.Action[A].Output.x_1\")\n\
            $OctopusParameters[\"Octopus.Action[B].Output[web-1].Y\"]; octopus_parameters['Octopus.Action[C].Output.Z']";
        let found: Vec<_> = reads(text)
            .into_iter()
            .map(|r| (r.of, r.variable, r.line))
            .collect();
        let expected = [
            ("Build it", "Tag", 1),
            ("A", "x_1", 2),
            ("B", "Y", 3),
            ("C", "Z", 3),
        ];
        assert_eq!(
            found,
            expected.map(|(of, variable, line)| (of.to_owned(), variable.to_owned(), line))
        );
    }

    #[test]
    fn other_variables_and_computed_names_are_not() {
        for text in [
            "#{Octopus.Action[A].Name}",
            "Octopus.Action[#{x}].Output.y",
            "Octopus.Action[A",
            "Octopus.Action[$step].Output.x",
            "Octopus.Action[].Output.x",
        ] {
            assert_eq!(reads(text), [], "{text}");
        }
    }
}
