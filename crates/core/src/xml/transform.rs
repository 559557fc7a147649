//! Transforms of XML by XML, as .NET has them for its configuration files: a document that looks like the one it
//! changes, with attributes that say what becomes of which element.
//!
//! The target is changed as a tree, so what no transform means stays letter by letter.

mod instruction;

use std::collections::HashSet;

use self::instruction::{Action, Instruction, Locator};
use super::tree::{Document, Kind, NodeId};
use super::xpath::{Guide, Place, XPath, XPathError};

/// The namespace of the attributes that say what to do.
const NAMESPACE: &str = "http://schemas.microsoft.com/XML-Document-Transform";

/// Something about a line of the transform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TransformProblem {
    /// Of the transform, not of what it changes.
    pub line: usize,
    pub what: String,
}

/// Changes a document as a transform says. Answers what did nothing: that may be a mistake.
///
/// # Errors
/// When something cannot be done, or is not understood. The target is then half changed, and of no use.
pub fn transform(
    target: &mut Document,
    transform: &Document,
) -> Result<Vec<TransformProblem>, TransformProblem> {
    let mut work = Work {
        marked: marked(transform),
        guide: Guide::of(transform),
        target,
        transform,
        idle: Vec::new(),
    };
    for root in transform.child_elements(Document::ROOT) {
        work.element(root, &[Document::ROOT])?;
    }
    Ok(work.idle)
}

/// The elements that say something, and all they are in.
fn marked(transform: &Document) -> HashSet<NodeId> {
    let mut marked = HashSet::new();
    let mut open = vec![Document::ROOT];
    while let Some(id) = open.pop() {
        if Instruction::is_at(transform, id) {
            let around = std::iter::successors(Some(id), |id| transform.node(*id).parent);
            // Those around a marked one are marked already, with all around them.
            for id in around {
                if !marked.insert(id) {
                    break;
                }
            }
        }
        open.extend(&transform.node(id).children);
    }
    marked
}

/// One transform at work.
struct Work<'w> {
    target: &'w mut Document,
    transform: &'w Document,
    marked: HashSet<NodeId>,
    guide: Guide,
    idle: Vec<TransformProblem>,
}

impl Work<'_> {
    /// One element of the transform, for these elements of the target that may hold what it means.
    fn element(&mut self, at: NodeId, parents: &[NodeId]) -> Result<(), TransformProblem> {
        if !self.marked.contains(&at) {
            return Ok(());
        }
        let instruction = Instruction::of(self.transform, at)?;
        let found = self.found(at, &instruction.locator, parents)?;
        let found = match &instruction.action {
            None => found,
            Some(action) => {
                self.act(action, at, (parents, &found))?;
                self.found(at, &instruction.locator, parents)?
            }
        };
        let transform = self.transform;
        for child in transform.child_elements(at) {
            self.element(child, &found)?;
        }
        Ok(())
    }

    /// What an element of the transform means, below each of the parents.
    fn found(
        &self,
        at: NodeId,
        locator: &Locator,
        parents: &[NodeId],
    ) -> Result<Vec<NodeId>, TransformProblem> {
        let name = self.transform.local_name(at);
        let namespace = self.transform.namespace(at);
        let mut found = Vec::new();
        for parent in parents {
            let children = self.target.node(*parent).children.len();
            let looked = self.guide.look(children + 1);
            looked.map_err(|error| self.wrong_path(at, error))?;
            let called = self.target.child_elements(*parent);
            let called = called.filter(|id| {
                self.target.local_name(*id) == name && self.target.namespace(*id) == namespace
            });
            match locator {
                Locator::Name => found.extend(called),
                Locator::Match(attributes) => found.extend(called.filter(|id| {
                    attributes.iter().all(|name| {
                        let wanted = self.transform.attribute(at, name);
                        wanted.is_some() && self.target.attribute(*id, name) == wanted
                    })
                })),
                Locator::Condition(condition) => {
                    let called: Vec<NodeId> = called.collect();
                    let chosen = condition.chosen(self.target, &called, &self.guide);
                    found.extend(chosen.map_err(|error| self.wrong_path(at, error))?);
                }
                Locator::Path(path) => found.extend(self.elements(at, path, *parent)?),
            }
        }
        let mut seen = HashSet::new();
        found.retain(|id| seen.insert(*id));
        Ok(found)
    }

    /// The elements that a path leads to.
    fn elements(
        &self,
        at: NodeId,
        path: &XPath,
        from: NodeId,
    ) -> Result<Vec<NodeId>, TransformProblem> {
        let places = path.places(self.target, from, &self.guide);
        let places = places.map_err(|error| self.wrong_path(at, error))?;
        let nodes = places.into_iter().filter_map(|place| match place {
            Place::Node(id) => self.target.element(id).map(|_| id),
            Place::Attribute(..) => None,
        });
        Ok(nodes.collect())
    }

    fn act(
        &mut self,
        action: &Action,
        at: NodeId,
        (parents, found): (&[NodeId], &[NodeId]),
    ) -> Result<(), TransformProblem> {
        let parent = parents.first().copied();
        let missing = |work: &Self| {
            work.problem(
                at,
                "the file has no element that this could be put into".to_owned(),
            )
        };
        match action {
            Action::Insert => {
                let parent = parent.ok_or_else(|| missing(self))?;
                let copy = self.copy(at, parent);
                self.target.append(parent, copy);
            }
            Action::InsertIfMissing if !found.is_empty() => {}
            Action::InsertIfMissing => {
                let parent = parent.ok_or_else(|| missing(self))?;
                let copy = self.copy(at, parent);
                self.target.append(parent, copy);
            }
            Action::InsertBeside { path, is_before } => {
                let parent = parent.ok_or_else(|| missing(self))?;
                let sibling = self.elements(at, path, parent)?.first().copied();
                let sibling = sibling.ok_or_else(|| {
                    self.problem(
                        at,
                        "no element stands where this is to be put beside".to_owned(),
                    )
                })?;
                let around = self.target.node(sibling).parent.unwrap_or(Document::ROOT);
                let copy = self.copy(at, around);
                self.target.put_beside(sibling, copy, *is_before);
            }
            _ => self.change(action, at, found),
        }
        Ok(())
    }

    /// What needs an element that is there already.
    fn change(&mut self, action: &Action, at: NodeId, found: &[NodeId]) {
        let Some(first) = found.first().copied() else {
            return self.idle(at, "no element of the file is meant by this".to_owned());
        };
        match action {
            Action::Replace | Action::Remove if found.len() > 1 => {
                self.idle(
                    at,
                    "several elements of the file are meant by this, and only the first is changed"
                        .to_owned(),
                );
            }
            _ => {}
        }
        match action {
            Action::Replace => {
                if let Some((parent, place)) = self.target.position(first) {
                    let copy = self.copy(at, parent);
                    self.target.node_mut(copy).parent = Some(parent);
                    self.target.node_mut(parent).children[place] = copy;
                }
            }
            Action::Remove => self.target.take_out(first),
            Action::RemoveAll => found.iter().for_each(|id| self.target.take_out(*id)),
            Action::SetAttributes(names) => self.set_attributes(at, names, found),
            Action::RemoveAttributes(names) => self.remove_attributes(at, names, found),
            Action::Insert | Action::InsertIfMissing | Action::InsertBeside { .. } => {}
        }
    }

    fn set_attributes(&mut self, at: NodeId, names: &[String], found: &[NodeId]) {
        let all = Instruction::attributes(self.transform, at);
        for name in names
            .iter()
            .filter(|name| all.iter().all(|(known, _)| known != *name))
        {
            self.idle(at, format!("this has no attribute {name} to set"));
        }
        let wanted = all
            .iter()
            .filter(|(name, _)| names.is_empty() || names.contains(name));
        for (name, value) in wanted {
            for id in found {
                self.target.set_attribute(*id, name, value);
                let mut prefixes = self.target.open_prefixes(*id);
                prefixes.retain(|prefix| !prefix.is_empty());
                self.declare(*id, at, prefixes);
            }
        }
    }

    fn remove_attributes(&mut self, at: NodeId, names: &[String], found: &[NodeId]) {
        let is_there = |work: &Self, name: &str| {
            found
                .iter()
                .any(|id| work.target.attribute(*id, name).is_some())
        };
        for name in names
            .iter()
            .filter(|name| !is_there(self, name))
            .cloned()
            .collect::<Vec<_>>()
        {
            self.idle(
                at,
                format!("no element meant by this has an attribute {name}"),
            );
        }
        for id in found {
            if let Some(element) = self.target.element_mut(*id) {
                element.attributes.retain(|attribute| {
                    let is_declaration = super::tree::declared_prefix(&attribute.name).is_some();
                    is_declaration || !names.is_empty() && !names.contains(&attribute.name)
                });
            }
        }
    }

    /// A copy of an element without what it says about itself, to be put into this one.
    fn copy(&mut self, at: NodeId, parent: NodeId) -> NodeId {
        let copy = self.target.adopt(self.transform, at);
        let line_end = self.target.line_end;
        let mut open = vec![(copy, at)];
        while let Some((own, theirs)) = open.pop() {
            let said = Instruction::names(self.transform, theirs);
            if let Kind::Text(raw) = &mut self.target.node_mut(own).kind {
                *raw = raw.replace("\r\n", "\n").replace('\n', line_end);
            }
            if let Some(element) = self.target.element_mut(own) {
                element
                    .attributes
                    .retain(|attribute| !said.contains(&attribute.name));
            }
            let pairs = self.target.node(own).children.iter().copied();
            open.extend(pairs.zip(self.transform.node(theirs).children.iter().copied()));
        }
        self.target.node_mut(copy).parent = Some(parent);
        self.declare(copy, at, self.target.open_prefixes(copy));
        copy
    }

    /// Gives an element the declarations of prefixes, as far as nothing around it gives them.
    fn declare(&mut self, id: NodeId, at: NodeId, prefixes: Vec<String>) {
        for prefix in prefixes {
            let theirs = self.transform.namespace_of(at, &prefix);
            if theirs == self.target.namespace_of(id, &prefix) {
                continue;
            }
            let meaning = theirs.as_deref().unwrap_or_default();
            if prefix.is_empty() {
                self.target.set_attribute(id, "xmlns", meaning);
            } else if !meaning.is_empty() {
                self.target
                    .set_attribute(id, &format!("xmlns:{prefix}"), meaning);
            }
        }
    }

    fn idle(&mut self, at: NodeId, what: String) {
        let problem = self.problem(at, what);
        self.idle.push(problem);
    }

    fn wrong_path(&self, at: NodeId, error: XPathError) -> TransformProblem {
        self.problem(at, format!("the path cannot be followed, because {error}"))
    }

    fn problem(&self, at: NodeId, what: String) -> TransformProblem {
        let name = self
            .transform
            .element(at)
            .map_or("", |element| element.name.as_str());
        TransformProblem {
            line: self.transform.node(at).line,
            what: format!("at <{name}>, {what}"),
        }
    }
}
