//! What an element of a transform says: which element it means, and what becomes of that.

use super::{NAMESPACE, TransformProblem};
use crate::xml::tree::{Document, NodeId, declared_prefix, split};
use crate::xml::xpath::XPath;

/// What the attributes of one element say.
#[derive(Debug)]
pub(super) struct Instruction {
    pub locator: Locator,
    pub action: Option<Action>,
}

/// Which elements are meant.
#[derive(Debug)]
pub(super) enum Locator {
    /// Those of the same name.
    Name,
    /// Of these, those with the same values of some attributes.
    Match(Vec<String>),
    /// Of these, those for which a condition holds.
    Condition(XPath),
    /// Those a path leads to.
    Path(XPath),
}

#[derive(Debug)]
pub(super) enum Action {
    Replace,
    Remove,
    RemoveAll,
    Insert,
    InsertIfMissing,
    InsertBeside {
        path: XPath,
        is_before: bool,
    },
    /// All, if none is named.
    SetAttributes(Vec<String>),
    RemoveAttributes(Vec<String>),
}

const ACTIONS: &str = "Replace, Remove, RemoveAll, Insert, InsertIfMissing, InsertBefore, InsertAfter, SetAttributes and RemoveAttributes";

impl Instruction {
    /// Whether an element says anything.
    pub(super) fn is_at(transform: &Document, id: NodeId) -> bool {
        transform.element(id).is_some_and(|element| {
            let mut names = element.attributes.iter().map(|attribute| &attribute.name);
            is_ours(transform, (id, &element.name))
                || names.any(|name| is_ours(transform, (id, name)))
        })
    }

    pub(super) fn of(transform: &Document, id: NodeId) -> Result<Self, TransformProblem> {
        let wrong = |what: String| {
            let name = transform
                .element(id)
                .map_or("", |element| element.name.as_str());
            TransformProblem {
                line: transform.node(id).line,
                what: format!("at <{name}>, {what}"),
            }
        };
        let mut instruction = Self {
            locator: Locator::Name,
            action: None,
        };
        let Some(element) = transform.element(id) else {
            return Ok(instruction);
        };
        if is_ours(transform, (id, &element.name)) {
            return Err(wrong(
                "elements of transforms themselves are not understood".to_owned(),
            ));
        }
        for attribute in &element.attributes {
            if !is_ours(transform, (id, &attribute.name)) {
                continue;
            }
            let value = attribute.value();
            match split(&attribute.name).1 {
                "Locator" => instruction.locator = locator(&value).map_err(wrong)?,
                "Transform" => instruction.action = Some(action(&value).map_err(wrong)?),
                // Only about what is written to a log.
                "SupressWarnings" => {}
                other => {
                    return Err(wrong(format!(
                        "the attribute {other} is not understood; there are Locator and Transform"
                    )));
                }
            }
        }
        if let Locator::Match(names) = &instruction.locator {
            let lacks = names
                .iter()
                .find(|name| transform.attribute(id, name).is_none());
            if let Some(name) = lacks {
                return Err(wrong(format!(
                    "the locator matches by {name}, which this does not have"
                )));
            }
        }
        Ok(instruction)
    }

    /// Attributes of an element that are not about the transform, with their values.
    pub(super) fn attributes(transform: &Document, id: NodeId) -> Vec<(String, String)> {
        let said = Self::names(transform, id);
        let element = transform.element(id).into_iter();
        let attributes = element.flat_map(|element| &element.attributes);
        attributes
            .filter(|attribute| {
                !said.contains(&attribute.name) && declared_prefix(&attribute.name).is_none()
            })
            .map(|attribute| (attribute.name.clone(), attribute.value()))
            .collect()
    }

    /// Names of the attributes that are about the transform, the declaration of its namespace among them.
    pub(super) fn names(transform: &Document, id: NodeId) -> Vec<String> {
        let element = transform.element(id).into_iter();
        let attributes = element.flat_map(|element| &element.attributes);
        let said = attributes.filter(|attribute| {
            let declares =
                declared_prefix(&attribute.name).is_some() && attribute.value() == NAMESPACE;
            declares || is_ours(transform, (id, &attribute.name))
        });
        said.map(|attribute| attribute.name.clone()).collect()
    }
}

/// Whether a name, used at an element, is in the namespace of transforms.
fn is_ours(transform: &Document, (id, name): (NodeId, &str)) -> bool {
    let prefix = split(name).0;
    !prefix.is_empty()
        && prefix != "xmlns"
        && transform.namespace_of(id, prefix).as_deref() == Some(NAMESPACE)
}

/// `Name` or `Name(arguments)`.
fn called(value: &str) -> Result<(&str, Option<&str>), String> {
    let value = value.trim();
    let Some((name, rest)) = value.split_once('(') else {
        return Ok((value, None));
    };
    let arguments = rest.strip_suffix(')');
    let arguments = arguments.ok_or_else(|| "a parenthesis is missing".to_owned())?;
    Ok((
        name.trim(),
        Some(arguments.trim()).filter(|arguments| !arguments.is_empty()),
    ))
}

fn listed(arguments: Option<&str>) -> Vec<String> {
    let names = arguments.unwrap_or_default().split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn path(name: &str, arguments: Option<&str>) -> Result<XPath, String> {
    let text = arguments.ok_or_else(|| format!("{name} needs a path in its parentheses"))?;
    XPath::parse(text).map_err(|error| format!("{name} cannot be followed, because {error}"))
}

fn locator(value: &str) -> Result<Locator, String> {
    let (name, arguments) = called(value)?;
    match name {
        "Match" if arguments.is_none() => {
            Err("Match needs the names of attributes in its parentheses".to_owned())
        }
        "Match" => Ok(Locator::Match(listed(arguments))),
        "Condition" => path(name, arguments).map(Locator::Condition),
        "XPath" => path(name, arguments).map(Locator::Path),
        _ => Err(format!(
            "the locator {name} is not understood; there are Match, Condition and XPath"
        )),
    }
}

fn action(value: &str) -> Result<Action, String> {
    let (name, arguments) = called(value)?;
    let plain = match name {
        "Replace" => Action::Replace,
        "Remove" => Action::Remove,
        "RemoveAll" => Action::RemoveAll,
        "Insert" => Action::Insert,
        "InsertIfMissing" => Action::InsertIfMissing,
        "SetAttributes" => return Ok(Action::SetAttributes(listed(arguments))),
        "RemoveAttributes" => return Ok(Action::RemoveAttributes(listed(arguments))),
        "InsertBefore" | "InsertAfter" => {
            return Ok(Action::InsertBeside {
                path: path(name, arguments)?,
                is_before: name == "InsertBefore",
            });
        }
        _ => {
            return Err(format!(
                "the transform {name} is not understood; there are {ACTIONS}"
            ));
        }
    };
    if arguments.is_some() {
        return Err(format!("{name} has nothing in its parentheses"));
    }
    Ok(plain)
}
