//! Feeds: the built-in one of every space, so that clients find it. It holds nothing yet and others cannot be added.

use axum::http::StatusCode;
use regatta_core::permission::Permission as P;
use regatta_store::Order;

use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, needs, post};
use crate::resource::{self, Hooks, Resource};
use crate::shape::{ID, LINKS_FIELD, NAME, Object, SLUG, SPACE_ID, TEXT, TEXTS, field};

static OBJECT: Object = Object {
    name: "Feed",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        field("FeedType", TEXT).required(),
        field("PackageAcquisitionLocationOptions", TEXTS),
        LINKS_FIELD,
    ],
};

pub static FEED: Resource = Resource {
    kind: "Feeds",
    item_type: "Feed",
    place: Place::Space,
    names: names!("feed", "/feeds"),
    object: &OBJECT,
    view: P::FeedView,
    create: None,
    edit: None,
    delete: None,
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        view: |view| {
            let feed = format!("/feeds/{}/packages", view.id);
            view.link(
                "SearchPackageVersionsTemplate",
                &format!("{feed}/versions{{?packageId,take,skip,includePreRelease,versionRange,preReleaseTag,filter,includeReleaseNotes}}"),
            );
            view.link(
                "SearchPackagesTemplate",
                &format!("{feed}/search{{?term,take,skip}}"),
            );
        },
        tags: |body| {
            let kind = body.get("FeedType").and_then(serde_json::Value::as_str);
            kind.map(|kind| format!("type:{kind}"))
                .into_iter()
                .collect()
        },
        filters: &[("feedType", "type")],
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&FEED);
    all.push(
        post(
            "feedCreate",
            Place::Space,
            "/feeds",
            needs(P::FeedEdit, From::Space),
            |_| refuse(),
        )
        .body(&OBJECT),
    );
    all
}

async fn refuse() -> Answer {
    Err(ApiError::new(
        StatusCode::BAD_REQUEST,
        "NotSupported",
        "This server cannot read packages from feeds yet.",
    )
    .help("Let scripts fetch what they need themselves."))
}
