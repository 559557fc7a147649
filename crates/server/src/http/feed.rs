//! Feeds: the built-in one of every space, which holds the space's packages. Others cannot be added.

mod search;

use axum::http::StatusCode;
use regatta_core::permission::Permission as P;
use regatta_store::{Conn, Order, Query};
use serde_json::Value;

use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs, post};
use crate::resource::{self, Change, Hooks, Resource};
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
    edit: Some(P::FeedEdit),
    delete: Some(P::FeedEdit),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        deleting: |_| Box::pin(async { Err(stays()) }),
        view: |view| {
            let feed = format!("/feeds/{}/packages", view.id);
            view.link(
                "SearchPackageVersionsTemplate",
                &format!("{feed}/versions{{?packageId,take,skip,includePreRelease,versionRange,preReleaseTag,filter,includeReleaseNotes,versioningStrategy,versionTagRegex}}"),
            );
            view.link(
                "SearchPackagesTemplate",
                &format!("{feed}/search{{?term,take,skip}}"),
            );
            view.link(
                "NotesTemplate",
                &format!("{feed}/notes{{?packageId,version}}"),
            );
        },
        tags: |body| {
            let kind = body.get("FeedType").and_then(Value::as_str);
            kind.map(|kind| format!("type:{kind}"))
                .into_iter()
                .collect()
        },
        filters: &[("feedType", "type")],
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let of_feed = needs(P::FeedView, From::Document("Feeds", "id"));
    let space = Place::Space;
    let mut all = resource::operations(&FEED);
    all.extend([
        post(
            "feedCreate",
            space,
            "/feeds",
            needs(P::FeedEdit, From::Space),
            |_| refuse(),
        )
        .body(&OBJECT),
        get(
            "feedStats",
            Place::Both,
            "/feeds/stats",
            needs(P::FeedView, From::Anywhere),
            search::stats,
        ),
        get(
            "feedPackageVersions",
            space,
            "/feeds/{id}/packages/versions",
            of_feed,
            search::versions,
        )
        .query(&[
            "packageId",
            "skip",
            "take",
            "filter",
            "includePreRelease",
            "versionRange",
            "preReleaseTag",
        ])
        .summary("The versions of a package, the newest first."),
        get(
            "feedPackageSearch",
            space,
            "/feeds/{id}/packages/search",
            of_feed,
            search::search,
        )
        .query(&["term", "skip", "take"]),
        get(
            "feedPackageNotes",
            space,
            "/feeds/{id}/packages/notes",
            of_feed,
            search::notes,
        )
        .query(&["packageId", "version"]),
    ]);
    all
}

/// The id of the feed a space's packages are in.
pub(crate) async fn built_in(conn: &mut Conn, space_id: &str) -> Result<String, ApiError> {
    let query = Query {
        kind: FEED.kind.to_owned(),
        space_id: Some(Some(space_id.to_owned())),
        tags: vec![vec!["type:BuiltIn".to_owned()]],
        take: Some(1),
        ..Query::default()
    };
    let found = conn.documents(&query).await?.items.pop();
    found
        .map(|feed| feed.id)
        .ok_or_else(|| ApiError::internal(format!("{space_id} has no built-in feed")))
}

/// Every kind of feed but the built-in one is refused, so there is no other kind it could become.
async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    let was = change
        .before
        .as_ref()
        .and_then(|before| before.get("FeedType"));
    let was = was.and_then(Value::as_str).unwrap_or("BuiltIn").to_owned();
    if !change.text("FeedType").eq_ignore_ascii_case(&was) {
        return Err(ApiError::invalid_one(format!(
            "FeedType: the kind of a feed cannot change; it is '{was}'."
        )));
    }
    change.set("FeedType", was);
    Ok(())
}

fn stays() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "NotSupported",
        "The built-in feed belongs to its space and cannot be deleted.",
    )
    .help("Delete the packages in it (packages/bulk), or the space.")
}

async fn refuse() -> Answer {
    Err(ApiError::new(
        StatusCode::BAD_REQUEST,
        "NotSupported",
        "This server reads packages from its built-in feed only.",
    )
    .help("Push the packages to the built-in feed (packages/raw), or let scripts fetch what they need themselves."))
}
