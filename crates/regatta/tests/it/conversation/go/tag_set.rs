//! Tag sets.

use super::{Go, TEXTS, Type, part};

static TAG: Type = part(
    &[("Name", Go::Text), ("Color", Go::Text)],
    &[
        ("Id", Go::Text),
        ("CanonicalTagName", Go::Text),
        ("Description", Go::Text),
        ("SortOrder", Go::Int),
    ],
);

pub(in super::super) static TAG_SET: Type = Type {
    sent: &[("Description", Go::Text), ("Name", Go::Text)],
    optional: &[
        ("Scopes", TEXTS),
        ("SortOrder", Go::Int),
        ("SpaceId", Go::Text),
        ("Tags", Go::List(&Go::Struct(&TAG))),
        ("Type", Go::Text),
    ],
    required: &[],
    is_resource: true,
};
