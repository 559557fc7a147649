//! Which names have other values now than a release froze: those a person can be told of, without any value.

use std::collections::BTreeSet;

use regatta_core::diff;
use regatta_core::secret::Sealed;
use regatta_core::variable::VariableSet;
use regatta_core::variable::access::VariableAccess;
use regatta_store::{Conn, Document};

use super::{KIND, parse, viewing_of};
use crate::call::Call;
use crate::error::ApiError;
use crate::http::release::freeze::of_living;
use crate::http::release::write::variable_copies;
use crate::resource::{read, texts};
use crate::scope;

/// `None` when the caller may see no variable of the project.
pub(in crate::http) async fn changed_names(
    call: &Call,
    project: &Document,
    release: &Document,
) -> Result<Option<BTreeSet<String>>, ApiError> {
    let mut conn = call.read().await?;
    let of = scope::of_document(&mut conn, project).await?;
    let copies = variable_copies(&read::body(release));
    let mut changed = BTreeSet::new();
    for owner in owners(project, &copies) {
        let access = match viewing_of(call, &owner, &of) {
            Ok(access) => access,
            Err(_) if owner == project.id => return Ok(None),
            Err(_) => continue,
        };
        let living = format!("variableset-{owner}");
        let frozen = copies.iter().find(|copy| of_living(copy) == living);
        let is_used = is_used(project, &owner).then_some(&living);
        let (was, is) = (
            set(&mut conn, frozen).await?,
            set(&mut conn, is_used).await?,
        );
        changed.extend(names(&was, &is, &access));
    }
    Ok(Some(changed))
}

/// The project, and every library set it includes or the release has.
fn owners(project: &Document, copies: &[String]) -> BTreeSet<String> {
    let frozen = copies.iter().map(|copy| of_living(copy));
    let frozen = frozen.map(|id| id.trim_start_matches("variableset-").to_owned());
    let mut owners: BTreeSet<String> = frozen.collect();
    owners.insert(project.id.clone());
    owners.extend(included(project));
    owners
}

fn included(project: &Document) -> Vec<String> {
    texts(&read::body(project), "IncludedLibraryVariableSetIds")
}

fn is_used(project: &Document, owner: &str) -> bool {
    owner == project.id || included(project).iter().any(|id| id == owner)
}

/// The set of this id; an empty one where there is none.
async fn set(conn: &mut Conn, id: Option<&String>) -> Result<VariableSet<Sealed>, ApiError> {
    let Some(id) = id else {
        return Ok(VariableSet::empty("", ""));
    };
    match conn.document(KIND, id).await? {
        Some(document) => parse(&document),
        None => Ok(VariableSet::empty("", "")),
    }
}

fn names(
    was: &VariableSet<Sealed>,
    is: &VariableSet<Sealed>,
    access: &VariableAccess,
) -> BTreeSet<String> {
    let seen = |value: &diff::ValueChange<'_>| {
        let mut sides = [value.before, value.after].into_iter().flatten();
        sides.all(|variable| access.allows(&variable.scope))
    };
    let changed = diff::values(was, is).into_iter().filter(seen);
    let one = |value: diff::ValueChange<'_>| value.after.or(value.before).map(|it| it.name.clone());
    changed.filter_map(one).collect()
}
