//! Output variables of a run: who set them, and who may see them.
//!
//! A step sees only outputs of steps it waits for, directly or not (DESIGN D5), and of earlier
//! actions of its own body on the same place: what it reads can then not depend on timing.
//! Stored as one document per ticket that set any, written with the event that settles it.

use std::collections::BTreeMap;
use std::sync::Arc;

use regatta_core::engine::event::Cell;
use regatta_core::engine::plan::{ActionIx, Plan, StepIx};
use regatta_core::process::graph::Graph;
use regatta_core::time::Time;
use regatta_store::Document;
use serde::{Deserialize, Serialize};

/// Kind of the store's document.
pub const KIND: &str = "TaskOutputs";

/// One output variable as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    pub name: String,
    pub value: OutputValue,
}

/// Sensitive values are stored sealed only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutputValue {
    Plain(String),
    Sealed(String),
}

/// What one action set on one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellOutputs {
    pub cell: Cell,
    pub outputs: Vec<Output>,
}

/// All outputs of a run so far.
#[derive(Debug)]
pub struct Outputs {
    plan: Arc<Plan>,
    graph: Graph,
    /// Each output with the id of the document it is stored in, which sealed values are bound to.
    cells: BTreeMap<Cell, Vec<(String, Output)>>,
}

/// An output variable as somebody sees it.
#[derive(Debug, Clone)]
pub struct Visible<'o> {
    /// E.g. `Octopus.Action[Build].Output.Version`.
    pub name: String,
    pub document_id: &'o str,
    pub output: &'o Output,
}

impl Outputs {
    /// Nothing set yet. `None` when the plan's steps wait for each other in a circle.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Option<Self> {
        let edges = plan
            .steps
            .iter()
            .map(|step| step.waits_for.iter().map(|on| on.0 as usize).collect());
        let graph = Graph::from_edges(edges.collect()).ok()?;
        Some(Self {
            plan,
            graph,
            cells: BTreeMap::new(),
        })
    }

    /// Takes in what a cell set; a later attempt overwrites values of the same name.
    pub fn add(&mut self, document_id: &str, set: CellOutputs) {
        let known = self.cells.entry(set.cell).or_default();
        for output in set.outputs {
            known.retain(|(_, old)| !old.name.eq_ignore_ascii_case(&output.name));
            known.push((document_id.to_owned(), output));
        }
    }

    /// Whether `step` waits for `on`, directly or not.
    #[must_use]
    pub fn is_after(&self, step: StepIx, on: StepIx) -> bool {
        self.graph.is_after(step.0 as usize, on.0 as usize)
    }

    /// The variables `reader` sees; later entries win.
    ///
    /// For several machines the unindexed name has the value of the reader's own machine, else
    /// of the first in name order (deployment-semantics §2.13).
    #[must_use]
    pub fn visible_to(&self, reader: Cell) -> Vec<Visible<'_>> {
        let mut all = Vec::new();
        for (cell, outputs) in self
            .cells
            .iter()
            .rev()
            .filter(|(cell, _)| self.sees(reader, **cell))
        {
            self.push(&mut all, *cell, outputs);
        }
        // Its own machine last, so that it wins.
        let own = |cell: &&Cell| {
            cell.target.is_some() && cell.target == reader.target && self.sees(reader, **cell)
        };
        for cell in self.cells.keys().filter(own) {
            self.push(&mut all, *cell, &self.cells[cell]);
        }
        all
    }

    /// What a step's condition sees: no place, so outputs of steps it waits for.
    #[must_use]
    pub fn visible_to_step(&self, step: StepIx) -> Vec<Visible<'_>> {
        self.visible_to(Cell {
            step,
            action: ActionIx(0),
            target: None,
        })
    }

    fn sees(&self, reader: Cell, writer: Cell) -> bool {
        let earlier_here = reader.step == writer.step
            && reader.target == writer.target
            && writer.action < reader.action;
        earlier_here || self.is_after(reader.step, writer.step)
    }

    fn push<'o>(&'o self, all: &mut Vec<Visible<'o>>, cell: Cell, outputs: &'o [(String, Output)]) {
        let Some(step) = self.plan.steps.get(cell.step.0 as usize) else {
            return;
        };
        let Some(action) = step.actions.get(cell.action.0 as usize) else {
            return;
        };
        let machine = cell
            .target
            .and_then(|target| self.plan.targets.get(target.0 as usize));
        for (document_id, output) in outputs {
            let prefix = format!("Octopus.Action[{}].Output", action.name);
            let mut add = |name| {
                all.push(Visible {
                    name,
                    document_id,
                    output,
                });
            };
            if let Some(machine) = machine {
                add(format!("{prefix}[{}].{}", machine.name, output.name));
            }
            add(format!("{prefix}.{}", output.name));
        }
    }
}

/// The document of what one ticket set.
#[must_use]
pub fn document(task_id: &str, id: &str, set: &CellOutputs, at: Time) -> Document {
    Document {
        kind: KIND.into(),
        id: id.to_owned(),
        space_id: None,
        owner_id: Some(task_id.to_owned()),
        name: id.to_owned(),
        name_is_unique: false,
        slug: None,
        sort_order: 0,
        tags: Vec::new(),
        version: 1,
        body: serde_json::to_string(set).expect("plain data"),
        created_at: at,
        updated_at: at,
    }
}
