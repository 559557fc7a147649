//! Tag sets, and what becomes of the tags that are carried when a set is changed.

mod carrier;

use regatta_core::permission::Permission as P;
use regatta_core::tag_set::{TagScope, TagSet, TagSetType, check, spelled};
use regatta_store::{Order, Query};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::names;
use crate::operation::{Operation, Place};
use crate::resource::{self, Change, Hooks, Resource, Sight, sort};
use crate::shape::{
    DESCRIPTION, ID, INT, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SPACE_ID, Shape,
    TEXT, field,
};
use crate::stored;

/// What Octopus gives a tag without a colour.
const COLOUR: &str = "#333333";
/// Most tags of one set.
const TAGS_MAX: usize = 10_000;

static TAG: Object = Object {
    name: "Tag",
    fields: &[
        field("Id", TEXT),
        NAME,
        field("Color", TEXT).about("`#RRGGBB`."),
        DESCRIPTION,
        field("CanonicalTagName", TEXT),
        field("SortOrder", INT),
    ],
};

static OBJECT: Object = Object {
    name: "TagSet",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        DESCRIPTION,
        field("SortOrder", INT),
        field("Scopes", Shape::List(&Shape::Word(TagScope::VALUES))).or("[\"Tenant\"]"),
        field("Type", Shape::Word(TagSetType::VALUES)).or("\"MultiSelect\""),
        field("Tags", Shape::List(&Shape::Object(&TAG))).or("[]"),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static TAG_SET: Resource = Resource {
    kind: "TagSets",
    item_type: "TagSet",
    place: Place::Space,
    names: names!("tagSet", "/tagsets"),
    object: &OBJECT,
    // Octopus has no permission to view them: whoever has a part in the space may.
    view: P::TagSetEdit,
    create: Some(P::TagSetCreate),
    edit: Some(P::TagSetEdit),
    delete: Some(P::TagSetDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: false,
    order: Order::Sorted,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        replaced: |change| Box::pin(carrier::follow(change)),
        deleting: |change| Box::pin(carrier::is_unused(change)),
        sort_order: |body| body.get("SortOrder").and_then(Value::as_i64).unwrap_or(0),
        sees: Some(Sight {
            all: |caller, space| caller.knows_space(space),
            one: |caller, document| {
                let space = document.space_id.as_ref();
                space.is_some_and(|space| caller.knows_space(space))
            },
        }),
        tags: |body| {
            let scopes = resource::texts(body, "Scopes");
            scopes
                .iter()
                .map(|scope| format!("scope:{scope}"))
                .collect()
        },
        filters: &[("scopes", "scope")],
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&TAG_SET);
    all.push(sort::operation(
        &TAG_SET,
        ("tagSetSort", "/tagsets/sortorder"),
        P::TagSetEdit,
    ));
    all
}

/// 400 unless everything under this key is a tag that may be carried here. It is kept as its set spells it.
///
/// # Errors
/// Naming each tag that may not.
pub(super) async fn carries(
    change: &mut Change<'_>,
    key: &str,
    scope: TagScope,
) -> Result<(), ApiError> {
    let tags = change.texts(key);
    if tags.is_empty() {
        return Ok(());
    }
    let space = change.space_id.clone().unwrap_or_default();
    let sets: Vec<TagSet> = stored::all(change.tx, TAG_SET.kind, &space).await?;
    let refused = check(&tags, scope, &sets);
    if refused.is_empty() {
        change.set(key, spelled(&tags, &sets));
        Ok(())
    } else {
        Err(ApiError::invalid(
            refused.iter().map(|why| format!("{key}: {why}")),
        ))
    }
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    let set = change.text("Name").trim().to_owned();
    let mut problems = Vec::new();
    if set.contains('/') {
        problems.push(format!(
            "Name: '{set}' holds a slash, which separates the set from the tag. Use another character."
        ));
    }
    let mut tags = match change.body.get("Tags") {
        Some(Value::Array(tags)) => tags.clone(),
        _ => Vec::new(),
    };
    if tags.len() > TAGS_MAX {
        problems.push(format!("Tags: {} are more than {TAGS_MAX}.", tags.len()));
    }
    let mut names = std::collections::HashSet::new();
    for (i, tag) in tags.iter_mut().enumerate() {
        let name = tag["Name"].as_str().unwrap_or_default().trim().to_owned();
        if !names.insert(name.to_lowercase()) {
            problems.push(format!("Tags[{i}].Name: '{name}' is there twice."));
        }
        let colour = tag["Color"].as_str().unwrap_or_default();
        if colour.is_empty() {
            tag["Color"] = json!(COLOUR);
        } else if !is_colour(colour) {
            problems.push(format!(
                "Tags[{i}].Color: '{colour}' is no colour. Write it as #RRGGBB."
            ));
        }
        tag["Name"] = json!(name);
        tag["CanonicalTagName"] = json!(format!("{set}/{name}"));
        tag["SortOrder"] = json!(i);
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    name_tags(change, &mut tags).await?;
    change.set("Tags", tags);
    if change.body.get("SortOrder").is_none_or(Value::is_null) {
        let order = place(change).await?;
        change.set("SortOrder", order);
    }
    change.is_a::<TagSet>()
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Tags keep the id they have in this set; others get one.
async fn name_tags(change: &mut Change<'_>, tags: &mut [Value]) -> Result<(), ApiError> {
    let known: Vec<String> = stored_tags(change)
        .iter()
        .filter_map(|tag| tag["Id"].as_str().map(str::to_owned))
        .collect();
    let mut used = std::collections::HashSet::new();
    for tag in tags {
        let own = tag["Id"].as_str().unwrap_or_default().to_owned();
        if !known.contains(&own) || !used.insert(own) {
            let id = change.tx.next_id("Tags").await?;
            tag["Id"] = json!(format!("{}/{id}", change.id));
        }
    }
    Ok(())
}

/// The tags of the set as stored until now.
fn stored_tags(change: &Change<'_>) -> Vec<Value> {
    let tags = change
        .before
        .as_ref()
        .and_then(|before| before.get("Tags")?.as_array());
    tags.cloned().unwrap_or_default()
}

/// Where the set stays, or the end for a new one.
async fn place(change: &mut Change<'_>) -> Result<i64, ApiError> {
    let kept = change
        .before
        .as_ref()
        .and_then(|before| before.get("SortOrder")?.as_i64());
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let all = Query {
        kind: TAG_SET.kind.to_owned(),
        space_id: Some(change.space_id.clone()),
        order: Order::Sorted,
        ..Query::default()
    };
    let last = change.tx.documents(&all).await?.items.pop();
    Ok(last.map_or(0, |last| last.sort_order + 1))
}
