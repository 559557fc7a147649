//! Variable sets, with what their variables can be for.

use super::{Go, TEXTS, Type, part};

static SCOPE: Type = part(
    &[],
    &[
        ("Action", TEXTS),
        ("Channel", TEXTS),
        ("Environment", TEXTS),
        ("Machine", TEXTS),
        ("ProcessOwner", TEXTS),
        ("Role", TEXTS),
        ("TenantTag", TEXTS),
    ],
);

static PROMPT: Type = part(
    &[],
    &[
        ("Description", Go::Text),
        ("Label", Go::Text),
        ("Required", Go::Bool),
        ("DisplaySettings", Go::Map(&Go::Text)),
    ],
);

static VARIABLE: Type = Type {
    sent: &[
        ("Description", Go::Text),
        ("IsEditable", Go::Bool),
        ("IsSensitive", Go::Bool),
        ("Name", Go::Text),
        ("Scope", Go::Struct(&SCOPE)),
        ("Type", Go::Text),
        ("Value", Go::Text),
    ],
    optional: &[("Prompt", Go::Pointer(&PROMPT)), ("SpaceId", Go::Text)],
    required: &[],
    is_resource: true,
};

pub(super) static CHOICE: Type = part(&[("Id", Go::Text), ("Name", Go::Text)], &[]);

static CHOICES: Type = part(
    &[],
    &[
        ("Actions", Go::List(&Go::Struct(&CHOICE))),
        ("Channels", Go::List(&Go::Struct(&CHOICE))),
        ("Environments", Go::List(&Go::Struct(&CHOICE))),
        ("Machines", Go::List(&Go::Struct(&CHOICE))),
        ("Roles", Go::List(&Go::Struct(&CHOICE))),
        ("TenantTags", Go::List(&Go::Struct(&CHOICE))),
    ],
);

pub(in super::super) static VARIABLES: Type = Type {
    sent: &[
        ("Variables", Go::List(&Go::Struct(&VARIABLE))),
        ("Version", Go::Int),
    ],
    optional: &[
        ("OwnerId", Go::Text),
        ("ScopeValues", Go::Pointer(&CHOICES)),
        ("SpaceId", Go::Text),
    ],
    required: &[],
    is_resource: true,
};
