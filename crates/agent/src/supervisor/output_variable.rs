//! The output variables of a script, and what is on disk of them: plain ones in the journal, sensitive ones sealed beside
//! the output. A value that went with a killed supervisor, or that is too large, is never passed off as none.

use std::collections::HashMap;

use regatta_wire::OUTPUT_VARIABLES_MAX_BYTES;
use regatta_wire::proto::{Level, Variable};

use super::Supervisor;
use crate::clock::now_ms;
use crate::journal::{self, Kind};
use crate::script::kept_secrets::Kept;
use crate::ticket::TicketId;

/// Said of a script whose output variables went with a supervisor.
pub(super) const LOST: &str = "the agent's supervisor was killed, and with it went sensitive output variables of the script that could not be kept on disk";
/// What a variable counts beside its texts, so that millions of empty ones are noticed.
const EACH_BYTES: usize = 64;
/// A refused variable is known by so much of its name.
const NAME_SHOWN_BYTES: usize = 200;

/// All of a script; names match in any case.
#[derive(Default)]
pub(super) struct OutputVariables {
    all: Vec<OutputVariable>,
    /// Place of each by its name in lower case.
    places: HashMap<String, usize>,
    bytes: usize,
}

struct OutputVariable {
    variable: Variable,
    keeping: Keeping,
}

/// Where its value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeping {
    OnDisk,
    /// Sensitive, and the disk did not take it.
    InMemory,
    /// An earlier supervisor took it along.
    Lost,
    /// Nowhere: the output variables of the script are too large together.
    Refused,
}

impl OutputVariable {
    fn bytes(&self) -> usize {
        self.variable.name.len() + self.variable.value.len() + EACH_BYTES
    }

    /// The journal's entry of it.
    fn noted(&self, ticket: TicketId) -> journal::Variable {
        let Variable { name, value, .. } = &self.variable;
        // One that was refused is for the next supervisor one that is lost.
        let is_hidden = self.variable.sensitive || self.keeping == Keeping::Refused;
        let plain = Some(value).filter(|_| !is_hidden);
        journal::Variable {
            ticket: ticket.to_bytes(),
            name: name.clone(),
            value: plain.cloned().unwrap_or_default(),
            sensitive: is_hidden,
            is_kept: is_hidden && self.keeping == Keeping::OnDisk,
        }
    }
}

impl OutputVariables {
    /// Those of a script that another supervisor saw set.
    pub(super) fn recover(noted: &[journal::Variable], kept: &Kept) -> Self {
        let sealed: HashMap<_, _> = kept
            .outputs
            .iter()
            .map(|output| (output.name.to_ascii_lowercase(), output))
            .collect();
        let mut variables = Self::default();
        for noted in noted {
            let of_name = sealed.get(&noted.name.to_ascii_lowercase());
            variables.set(recover_one(
                noted,
                of_name.copied().filter(|_| noted.is_kept),
            ));
        }
        for (name, output) in sealed {
            // Its supervisor was killed before it could note it.
            if !variables.places.contains_key(&name) {
                variables.set(OutputVariable {
                    variable: output.clone(),
                    keeping: Keeping::OnDisk,
                });
            }
        }
        variables
    }

    /// The values, as far as they are known.
    pub(super) fn known(&self) -> Vec<Variable> {
        let known = self.all.iter();
        let known = known.filter(|set| !matches!(set.keeping, Keeping::Lost | Keeping::Refused));
        known.map(|set| set.variable.clone()).collect()
    }

    /// Entries for the journal that say the same.
    pub(super) fn noted(&self, ticket: TicketId) -> Vec<journal::Variable> {
        self.all.iter().map(|set| set.noted(ticket)).collect()
    }

    pub(super) fn any_lost(&self) -> bool {
        self.all.iter().any(|set| set.keeping == Keeping::Lost)
    }

    /// Why the script cannot have succeeded, if it set more than is handed over.
    pub(super) fn refusal(&self) -> Option<String> {
        let mut all = self.all.iter();
        let refused = all.find(|set| set.keeping == Keeping::Refused)?;
        Some(format!(
            "the output variables of the script take more than {} MB together: \"{}\" was not handed over. Hand large contents over as an artifact",
            OUTPUT_VARIABLES_MAX_BYTES / (1024 * 1024),
            refused.variable.name
        ))
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.places.get(&name.to_ascii_lowercase()).copied()
    }

    fn has_room_for(&self, variable: &Variable) -> bool {
        let before = self
            .place(&variable.name)
            .map_or(0, |at| self.all[at].bytes());
        let more = variable.name.len() + variable.value.len() + EACH_BYTES;
        self.bytes - before + more <= OUTPUT_VARIABLES_MAX_BYTES
    }

    fn set(&mut self, set: OutputVariable) {
        self.bytes += set.bytes();
        if let Some(at) = self.place(&set.variable.name) {
            self.bytes -= self.all[at].bytes();
            self.all[at] = set;
        } else {
            let name = set.variable.name.to_ascii_lowercase();
            self.places.insert(name, self.all.len());
            self.all.push(set);
        }
    }
}

impl Supervisor {
    /// A script sets one.
    pub(super) fn set_variable(&mut self, id: TicketId, variable: Variable) {
        let Some(ticket) = self.tickets.get(&id) else {
            return;
        };
        if !ticket.variables.has_room_for(&variable) {
            return self.refuse_variable(id, variable);
        }
        // The sealed value is written before the note that says so.
        let keeping = if !variable.sensitive || self.keep_sealed(id, &variable) {
            Keeping::OnDisk
        } else {
            Keeping::InMemory
        };
        self.note_variable(id, OutputVariable { variable, keeping });
    }

    /// Of those that are refused, the first is enough; and one that has a value already must not keep it.
    fn refuse_variable(&mut self, id: TicketId, mut variable: Variable) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let is_first = ticket.variables.refusal().is_none();
        match ticket.variables.place(&variable.name) {
            Some(at) => variable
                .name
                .clone_from(&ticket.variables.all[at].variable.name),
            None if is_first => {
                let end = variable.name.floor_char_boundary(NAME_SHOWN_BYTES);
                variable.name.truncate(end);
            }
            None => return,
        }
        variable.value.clear();
        let keeping = Keeping::Refused;
        self.note_variable(id, OutputVariable { variable, keeping });
        let ticket = self.tickets.get_mut(&id).filter(|_| is_first);
        if let Some((ticket, why)) =
            ticket.and_then(|ticket| ticket.variables.refusal().map(|why| (ticket, why)))
        {
            ticket.spool.push(&why, Level::Error, now_ms());
        }
    }

    fn note_variable(&mut self, id: TicketId, set: OutputVariable) {
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let noted = set.noted(id);
        ticket.variables.set(set);
        self.note(Kind::Variable(noted));
    }

    fn keep_sealed(&self, id: TicketId, variable: &Variable) -> bool {
        let kept = match &self.secrets {
            Some(secrets) => secrets.add_output(&id.to_string(), variable),
            None => Err(std::io::Error::other("the agent's key cannot be read")),
        };
        if let Err(error) = &kept {
            tracing::warn!(%error, ticket = %id, "a sensitive output variable cannot be kept: it would be lost if the supervisor died now");
        }
        kept.is_ok()
    }
}

fn recover_one(noted: &journal::Variable, sealed: Option<&Variable>) -> OutputVariable {
    let keeping = match sealed {
        None if noted.sensitive => Keeping::Lost,
        _ => Keeping::OnDisk,
    };
    OutputVariable {
        variable: Variable {
            name: noted.name.clone(),
            value: sealed.map_or_else(|| noted.value.clone(), |sealed| sealed.value.clone()),
            sensitive: noted.sensitive,
        },
        keeping,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str, sensitive: bool) -> Variable {
        Variable {
            name: name.to_owned(),
            value: value.to_owned(),
            sensitive,
        }
    }

    fn noted(variable: Variable, is_kept: bool) -> journal::Variable {
        let keeping = if is_kept {
            Keeping::OnDisk
        } else {
            Keeping::InMemory
        };
        OutputVariable { variable, keeping }.noted(TicketId(1))
    }

    fn recovered(noted: &[journal::Variable], outputs: Vec<Variable>) -> Vec<(String, bool)> {
        let kept = Kept {
            masks: Vec::new(),
            outputs,
        };
        let found = OutputVariables::recover(noted, &kept).all.into_iter();
        found
            .map(|it| (it.variable.value, it.keeping == Keeping::Lost))
            .collect()
    }

    #[test]
    fn what_is_refused_is_lost_to_the_next_supervisor_and_its_room_is_counted_once() {
        let mut variables = OutputVariables::default();
        let large = "v".repeat(OUTPUT_VARIABLES_MAX_BYTES / 2);
        let set = |variables: &mut OutputVariables, variable: Variable, keeping| {
            variables.set(OutputVariable { variable, keeping });
        };
        set(&mut variables, set_to("A", &large), Keeping::OnDisk);
        assert!(variables.has_room_for(&set_to("a", &large)));
        assert!(!variables.has_room_for(&set_to("B", &large)));
        set(&mut variables, set_to("A", &large), Keeping::OnDisk);
        assert!(variables.has_room_for(&set_to("B", "small")));
        assert_eq!(variables.refusal(), None);
        set(&mut variables, set_to("B", ""), Keeping::Refused);
        assert!(variables.refusal().unwrap().contains("\"B\""));
        assert_eq!(variables.known().len(), 1);
        let noted = variables.noted(TicketId(1));
        assert!(OutputVariables::recover(&noted, &Kept::default()).any_lost());
    }

    fn set_to(name: &str, value: &str) -> Variable {
        set(name, value, false)
    }

    #[test]
    fn the_last_value_of_a_name_comes_back_or_is_known_to_be_lost() {
        let value = |text: &str| vec![(text.to_owned(), false)];
        let lost = vec![(String::new(), true)];
        let (first, second) = (set("A", "1", true), set("a", "2", true));
        let sealed = || vec![first.clone(), second.clone()];
        let both = [noted(first.clone(), true), noted(second.clone(), true)];
        assert_eq!(recovered(&both, sealed()), value("2"));
        // The disk was full for the second: the first is not what the script said last.
        let full = [noted(first.clone(), true), noted(second.clone(), false)];
        assert_eq!(recovered(&full, vec![first.clone()]), lost);
        // Its file is gone.
        assert_eq!(recovered(&both, Vec::new()), lost);
        // Killed between the two writes.
        assert_eq!(recovered(&both[..1], sealed()), value("2"));
        assert_eq!(recovered(&[], vec![first.clone()]), value("1"));
        // What became plain is plain.
        let plain = [
            noted(first.clone(), true),
            noted(set("A", "3", false), true),
        ];
        assert_eq!(recovered(&plain, vec![first]), value("3"));
    }

    #[test]
    fn the_journal_holds_no_value_of_a_sensitive_one() {
        assert_eq!(noted(set("A", "1", true), true).value, "");
        assert_eq!(noted(set("A", "1", false), true).value, "1");
    }
}
