//! What is wrong with a process, as data: the portal, the API and the CLI show the same problems with the same fixes.

use serde::Serialize;

use super::{DeploymentProcess, Step};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Level {
    /// Will not do what it says. What [`super::validate`] reports cannot even be saved.
    Error,
    Warning,
    Hint,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $level:ident, $about:literal;)+) => {
        /// What is wrong. The names are part of the API and of the property that marks them as intended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Kind { $($(#[$doc])* $kind),+ }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind)),+ }
            }

            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$kind => kinds!(@level $level)),+ }
            }

            /// Whether a process with it is not saved. The other errors may be: Octopus lets them through.
            #[must_use]
            pub const fn prevents_saving(self) -> bool {
                match self {
                    $(Self::$kind => kinds!(@refused $level)),+
                }
            }

            /// One sentence for the documentation.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$kind => $about),+ }
            }
        }
    };
    (@level Refused) => { Level::Error };
    (@level $level:ident) => { Level::$level };
    (@refused Refused) => { true };
    (@refused $level:ident) => { false };
}

kinds! {
    Loop: Refused, "Steps wait for each other in a circle.";
    UnknownDependency: Refused, "A dependency names a step that does not exist.";
    DependsOnItself: Refused, "A step depends on itself.";
    DuplicateDependency: Refused, "A dependency is listed twice.";
    BadDependencyList: Refused, "The dependency list is not a JSON array of step slugs.";
    BadName: Refused, "A name is empty, too long, or contains invisible characters.";
    DuplicateName: Refused, "Two steps, or two actions, have the same name.";
    BadSlug: Refused, "A slug is malformed or used twice.";
    BadId: Refused, "The id of a step or action is too long.";
    DuplicateId: Refused, "Two steps, actions or packages have the same id.";
    NoActions: Refused, "A step does nothing.";
    BadValue: Refused, "A value is not one of those allowed.";
    BadNumber: Refused, "A number is malformed or out of range.";
    UnknownWorkerPool: Refused, "An action names a worker pool that the space does not have.";
    MissingProperty: Refused, "A property that the action type needs is empty.";
    MissingExpression: Refused, "The condition is Variable, and no expression is given.";
    OutputOfMissingStep: Error, "An output is read of a step that does not exist.";
    OutputOfLaterStep: Error, "An output is read of a step that only runs afterwards.";
    UnsupportedFeature: Error, "A step asks for something that nobody does: it would fail.";
    ReadsWithoutWaiting: Warning, "An output is read of a step that is not waited for; the value may be missing.";
    TakesTurns: Warning, "Steps set to run in parallel will run one after the other.";
    NeverRuns: Warning, "Conditions and scopes leave no case in which the step runs.";
    PoolWithoutWorker: Warning, "An action runs on a worker pool that has no worker: a deployment would wait for ever.";
    UnreachableApproval: Warning, "No step waits for the approval, so it holds nothing up.";
    RedundantDependency: Hint, "The dependency is already implied by another one.";
    StartsEarly: Hint, "The step starts earlier than its place in the list suggests.";
}

/// A step, as people refer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StepRef {
    /// From 1, as in the list.
    pub number: usize,
    pub slug: String,
    pub name: String,
}

/// Something one click can do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "Action", rename_all_fields = "PascalCase")]
pub enum Fix {
    /// Make `step` wait for `on` as well (slugs).
    AddDependency {
        step: String,
        on: String,
    },
    RemoveDependency {
        step: String,
        on: String,
    },
    /// Replace the whole list (slugs).
    SetDependencies {
        step: String,
        on: Vec<String>,
    },
    /// Replace a text inside a property, e.g. after a rename.
    ReplaceText {
        step: String,
        field: String,
        from: String,
        to: String,
    },
    Rename {
        step: String,
        to: String,
    },
    /// Set a property or field to this value.
    Set {
        step: String,
        field: String,
        to: String,
    },
    /// Record that it is meant to be so; it is not reported again.
    MarkIntended {
        step: String,
        kind: Kind,
    },
    /// Open this part of the step's settings.
    Open {
        step: String,
        section: &'static str,
    },
}

/// One problem of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Problem {
    pub kind: Kind,
    pub level: Level,
    /// See [`Kind::prevents_saving`].
    pub prevents_saving: bool,
    /// The steps concerned; the first is where it should be shown.
    pub steps: Vec<StepRef>,
    /// Where in the document, e.g. `Steps[2].Actions[0].Properties[Octopus.Action.Script.ScriptBody]`, from 0.
    pub field: Option<String>,
    pub message: String,
    pub fixes: Vec<Fix>,
}

impl Problem {
    /// A problem about these steps (positions).
    #[must_use]
    pub fn new(kind: Kind, process: &DeploymentProcess, steps: &[usize], message: String) -> Self {
        let steps = steps
            .iter()
            .map(|&i| StepRef::of(i, &process.steps[i]))
            .collect();
        Self {
            kind,
            level: kind.level(),
            prevents_saving: kind.prevents_saving(),
            steps,
            field: None,
            message,
            fixes: Vec::new(),
        }
    }

    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }
}

impl StepRef {
    #[must_use]
    pub fn of(position: usize, step: &Step) -> Self {
        Self {
            number: position + 1,
            slug: step.slug.clone(),
            name: step.name.clone(),
        }
    }
}
