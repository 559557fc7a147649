//! Tag sets: the tags tenants, environments, projects, runbooks and targets may carry, and which of them match.
//!
//! A tag is named canonically, `Release ring/Early adopter`: set, slash, tag. Not here: what carries tags.

use serde::{Deserialize, Serialize};

use crate::id::{SpaceId, TagSetId};
use crate::json::{Other, api_enum, null_as_default};
use crate::name::Name;

api_enum! {
    /// What may carry tags of a set.
    TagScope {
        Tenant,
        Environment,
        Project,
        Runbook,
        Target,
    }
}

api_enum! {
    /// How many tags of a set one carrier may have.
    #[derive(Default)]
    TagSetType {
        #[default]
        MultiSelect,
        SingleSelect,
        /// Any word below the set's name, without a list of tags.
        FreeText,
    }
}

/// Octopus' tag set document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagSet {
    pub id: TagSetId,
    pub name: Name,
    pub space_id: SpaceId,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub sort_order: i32,
    /// Empty reads as tenants only, which is what sets were for before they had scopes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub scopes: Vec<TagScope>,
    #[serde(rename = "Type", default, deserialize_with = "null_as_default")]
    pub set_type: TagSetType,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<Tag>,
    #[serde(flatten)]
    pub other: Other,
}

/// One tag of a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// `TagSets-1/Tags-1`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub id: String,
    pub name: Name,
    #[serde(default)]
    pub color: Option<String>,
    #[serde(flatten)]
    pub other: Other,
}

/// Why a tag cannot be carried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagRefusal {
    #[error("'{tag}' is no tag. Write it as `Tag set/Tag`.")]
    NotCanonical { tag: String },
    #[error("'{tag}': there is no tag set '{set}' in this space.")]
    UnknownSet { tag: String, set: String },
    #[error("'{tag}': the tag set '{set}' has no such tag.")]
    UnknownTag { tag: String, set: String },
    #[error("'{tag}': tags of '{set}' cannot be given to a {scope}. Change the scopes of the set.")]
    WrongScope {
        tag: String,
        set: String,
        scope: TagScope,
    },
    #[error("Only one tag of '{set}' is allowed: {}.", .tags.join(", "))]
    TooMany { set: String, tags: Vec<String> },
}

impl TagSet {
    /// How one of the set's tags is written wherever it is carried.
    #[must_use]
    pub fn canonical(&self, tag: &str) -> String {
        format!("{}/{tag}", self.name)
    }

    fn admits(&self, scope: TagScope) -> bool {
        self.scopes.contains(&scope) || (self.scopes.is_empty() && scope == TagScope::Tenant)
    }

    fn has(&self, tag: &str) -> bool {
        let is_one = |known: &Tag| known.name.as_str().eq_ignore_ascii_case(tag);
        self.set_type == TagSetType::FreeText || self.tags.iter().any(is_one)
    }
}

/// Everything wrong with the tags something wants to carry.
#[must_use]
pub fn check(tags: &[String], scope: TagScope, sets: &[TagSet]) -> Vec<TagRefusal> {
    let mut refused: Vec<TagRefusal> = tags
        .iter()
        .filter_map(|tag| check_one(tag, scope, sets).err())
        .collect();
    for set in sets
        .iter()
        .filter(|set| set.set_type == TagSetType::SingleSelect)
    {
        let of_set: Vec<String> = tags
            .iter()
            .filter(|tag| split(tag).is_some_and(|(name, _)| is_named(set, name)))
            .cloned()
            .collect();
        if of_set.len() > 1 {
            refused.push(TagRefusal::TooMany {
                set: set.name.to_string(),
                tags: of_set,
            });
        }
    }
    refused
}

/// The tags as their sets spell them, however they were typed. What no set knows stays.
#[must_use]
pub fn spelled(tags: &[String], sets: &[TagSet]) -> Vec<String> {
    let one = |tag: &String| {
        let (name, word) = split(tag)?;
        let set = sets.iter().find(|set| is_named(set, name))?;
        let mut known = set.tags.iter().map(|tag| tag.name.as_str());
        let known = known.find(|known| known.eq_ignore_ascii_case(word));
        Some(set.canonical(known.unwrap_or(word)))
    };
    let all = tags
        .iter()
        .map(|tag| one(tag).unwrap_or_else(|| tag.clone()));
    let mut spelled: Vec<String> = Vec::with_capacity(tags.len());
    for tag in all {
        if !spelled.contains(&tag) {
            spelled.push(tag);
        }
    }
    spelled
}

fn check_one(tag: &str, scope: TagScope, sets: &[TagSet]) -> Result<(), TagRefusal> {
    let (name, word) = split(tag).ok_or_else(|| TagRefusal::NotCanonical {
        tag: tag.to_owned(),
    })?;
    let set = sets.iter().find(|set| is_named(set, name));
    let set = set.ok_or_else(|| TagRefusal::UnknownSet {
        tag: tag.to_owned(),
        set: name.to_owned(),
    })?;
    let name = set.name.to_string();
    if !set.admits(scope) {
        return Err(TagRefusal::WrongScope {
            tag: tag.to_owned(),
            set: name,
            scope,
        });
    }
    if set.has(word) {
        Ok(())
    } else {
        Err(TagRefusal::UnknownTag {
            tag: tag.to_owned(),
            set: name,
        })
    }
}

fn is_named(set: &TagSet, name: &str) -> bool {
    set.name.as_str().eq_ignore_ascii_case(name)
}

/// The set and the tag of a canonical name.
#[must_use]
pub fn split(tag: &str) -> Option<(&str, &str)> {
    let (set, word) = tag.split_once('/')?;
    let (set, word) = (set.trim(), word.trim());
    (!set.is_empty() && !word.is_empty()).then_some((set, word))
}

/// Whether what carries `has` is meant by `wanted`: tags of one set are alternatives, different sets must all be met
/// (Octopus' rule, deployment-semantics §1.9). Nothing wanted means everything.
#[must_use]
pub fn matches(wanted: &[String], has: &[String]) -> bool {
    missing(wanted, has).is_empty()
}

/// The wanted tags of every set of which none is carried.
#[must_use]
pub fn missing<'w>(wanted: &'w [String], has: &[String]) -> Vec<&'w str> {
    let set_of = |tag: &str| {
        tag.split_once('/')
            .map_or(tag, |(set, _)| set)
            .to_lowercase()
    };
    let met = |tag: &String| has.iter().any(|own| own.eq_ignore_ascii_case(tag));
    let unmet = wanted.iter().filter(|tag| {
        !wanted
            .iter()
            .any(|other| set_of(other) == set_of(tag) && met(other))
    });
    unmet.map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(name: &str, set_type: &str, scopes: &[&str], tags: &[&str]) -> TagSet {
        let tags: Vec<_> = tags.iter().map(|tag| json!({"Name": tag})).collect();
        serde_json::from_value(json!({
            "Id": "TagSets-1", "SpaceId": "Spaces-1", "Name": name, "Type": set_type, "Scopes": scopes, "Tags": tags,
        }))
        .unwrap()
    }

    fn texts(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|&tag| tag.to_owned()).collect()
    }

    #[test]
    fn tags_of_one_set_are_alternatives_and_sets_must_all_be_met() {
        let has = texts(&["Ring/Beta", "Region/EU"]);
        for (wanted, expected) in [
            (&[][..], true),
            (&["ring/beta"][..], true),
            (&["Ring/Stable", "Ring/Beta"][..], true),
            (&["Ring/Beta", "Region/US"][..], false),
            (&["Region/US", "Region/EU", "Ring/Stable"][..], false),
        ] {
            assert_eq!(matches(&texts(wanted), &has), expected, "{wanted:?}");
        }
        assert_eq!(
            missing(&texts(&["Region/US", "Ring/Beta"]), &has),
            ["Region/US"]
        );
    }

    #[test]
    fn a_tag_is_kept_as_its_set_spells_it() {
        let sets = [
            set("Ring", "MultiSelect", &[], &["Beta"]),
            set("Owner", "FreeText", &["Tenant"], &[]),
        ];
        let typed = texts(&["ring/BETA", "OWNER/me", "Ring/Beta", "No/where", "odd"]);
        let kept = texts(&["Ring/Beta", "Owner/me", "No/where", "odd"]);
        assert_eq!(spelled(&typed, &sets), kept);
    }

    #[test]
    fn a_tag_is_carried_only_where_its_set_allows() {
        let sets = [
            set("Ring", "SingleSelect", &[], &["Beta", "Stable"]),
            set("Region", "MultiSelect", &["Tenant", "Target"], &["EU"]),
            set("Owner", "FreeText", &["Project"], &[]),
        ];
        let messages = |tags: &[&str], scope| -> Vec<String> {
            check(&texts(tags), scope, &sets)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert!(messages(&["RING/beta", "Region/EU"], TagScope::Tenant).is_empty());
        assert!(messages(&["Owner/anybody"], TagScope::Project).is_empty());
        assert_eq!(
            messages(
                &[
                    "Ring/Beta",
                    "Ring/Stable",
                    "Beta",
                    "Colour/Red",
                    "Region/Mars",
                    "Owner/x"
                ],
                TagScope::Tenant
            ),
            [
                "'Beta' is no tag. Write it as `Tag set/Tag`.",
                "'Colour/Red': there is no tag set 'Colour' in this space.",
                "'Region/Mars': the tag set 'Region' has no such tag.",
                "'Owner/x': tags of 'Owner' cannot be given to a Tenant. Change the scopes of the set.",
                "Only one tag of 'Ring' is allowed: Ring/Beta, Ring/Stable.",
            ]
        );
    }
}
