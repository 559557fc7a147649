//! Channels.

use super::{Go, TEXTS, Type, part};

static RULE: Type = part(
    &[],
    &[
        ("Id", Go::Text),
        ("Tag", Go::Text),
        ("VersionRange", Go::Text),
    ],
);

pub(in super::super) static CHANNEL: Type = Type {
    sent: &[
        ("IsDefault", Go::Bool),
        ("Name", Go::Text),
        ("ProjectId", Go::Text),
    ],
    optional: &[
        ("Description", Go::Text),
        ("LifecycleId", Go::Text),
        ("Rules", Go::List(&Go::Struct(&RULE))),
        ("SpaceId", Go::Text),
        ("TenantTags", TEXTS),
        ("GitReferenceRules", TEXTS),
    ],
    required: &["Name", "ProjectId"],
    is_resource: true,
};
