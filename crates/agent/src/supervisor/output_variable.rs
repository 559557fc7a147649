//! The output variables of a script, and what is on disk of them: plain ones in the journal, sensitive ones sealed beside
//! the output. A value that went with a killed supervisor is never passed off as none.

use regatta_wire::proto::Variable;

use super::Supervisor;
use crate::journal::{self, Kind};
use crate::script::kept_secrets::Kept;
use crate::ticket::TicketId;

/// Said of a script whose output variables went with a supervisor.
pub(super) const LOST: &str = "the agent's supervisor was killed, and with it went sensitive output variables of the script that could not be kept on disk";

pub(super) struct OutputVariable {
    pub(super) variable: Variable,
    pub(super) keeping: Keeping,
}

/// Where its value is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    OnDisk,
    /// Sensitive, and the disk did not take it.
    InMemory,
    /// An earlier supervisor took it along.
    Lost,
}

impl OutputVariable {
    pub(super) fn is(&self, name: &str) -> bool {
        self.variable.name.eq_ignore_ascii_case(name)
    }

    /// The journal's entry of it.
    pub(super) fn noted(&self, ticket: TicketId) -> journal::Variable {
        let Variable {
            name,
            value,
            sensitive,
        } = &self.variable;
        let plain = Some(value).filter(|_| !sensitive);
        journal::Variable {
            ticket: ticket.to_bytes(),
            name: name.clone(),
            value: plain.cloned().unwrap_or_default(),
            sensitive: *sensitive,
            is_kept: *sensitive && self.keeping == Keeping::OnDisk,
        }
    }
}

impl Supervisor {
    /// A script sets one. The sealed value is written before the note that says so.
    pub(super) fn set_variable(&mut self, id: TicketId, variable: Variable) {
        let keeping = if !variable.sensitive || self.keep_sealed(id, &variable) {
            Keeping::OnDisk
        } else {
            Keeping::InMemory
        };
        let Some(ticket) = self.tickets.get_mut(&id) else {
            return;
        };
        let set = OutputVariable { variable, keeping };
        let noted = set.noted(id);
        match ticket
            .variables
            .iter_mut()
            .find(|known| known.is(&noted.name))
        {
            Some(known) => *known = set,
            None => ticket.variables.push(set),
        }
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

/// The output variables of a script that another supervisor saw set.
pub(super) fn recover(noted: &[journal::Variable], kept: &Kept) -> Vec<OutputVariable> {
    let mut variables: Vec<OutputVariable> = Vec::new();
    for noted in noted {
        variables.retain(|known| !known.is(&noted.name));
        variables.push(recover_one(noted, kept));
    }
    for output in kept.outputs.iter().rev() {
        // Its supervisor was killed before it could note it.
        if !variables.iter().any(|known| known.is(&output.name)) {
            variables.push(OutputVariable {
                variable: output.clone(),
                keeping: Keeping::OnDisk,
            });
        }
    }
    variables
}

fn recover_one(noted: &journal::Variable, kept: &Kept) -> OutputVariable {
    let mut of_name = kept.outputs.iter().rev();
    let sealed = of_name
        .find(|output| output.name.eq_ignore_ascii_case(&noted.name))
        .filter(|_| noted.is_kept);
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
        let found = recover(noted, &kept).into_iter();
        found
            .map(|it| (it.variable.value, it.keeping == Keeping::Lost))
            .collect()
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
        let full = [noted(first.clone(), true), noted(second, false)];
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
