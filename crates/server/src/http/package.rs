//! Packages of the built-in feed: uploading, listing, downloading, deleting (octopus-api §2.7).

mod read;
mod receive;
mod remove;
mod upload;

use regatta_core::permission::Permission as P;

use crate::error::ApiError;
use crate::operation::{Answer, From, Operation, Place, delete, get, needs, post};
use crate::shape::{ID, INT, LINKS_FIELD, Object, SPACE_ID, Shape, TEXT, TIME, field};

pub(super) use read::{notes_of, view};
pub(super) use upload::Overwrite;

pub(super) static PACKAGE: Object = Object {
    name: "Package",
    fields: &[
        ID,
        SPACE_ID,
        field("PackageId", TEXT).read_only(),
        field("NuGetPackageId", TEXT).read_only(),
        field("Version", TEXT).read_only(),
        field("FeedId", TEXT).read_only(),
        field("NuGetFeedId", TEXT).read_only(),
        field("Title", TEXT).read_only(),
        field("Published", TIME).read_only(),
        field("FileExtension", TEXT).read_only(),
        field("PackageSizeBytes", INT).read_only(),
        field("Hash", TEXT)
            .read_only()
            .about("SHA-256 of the file, in hex."),
        field("PackageVersionBuildInformation", Shape::Any).read_only(),
        LINKS_FIELD,
    ],
};

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::FeedView, From::Space);
    let push = needs(P::BuiltInFeedPush, From::Space);
    let administer = needs(P::BuiltInFeedAdminister, From::Space);
    let space = Place::Space;
    let mut all = vec![
        get("packageList", space, "/packages", view, read::list)
            .answers_page(&PACKAGE)
            .query(&["skip", "take", "ids", "filter", "nuGetPackageId", "latest"]),
        get("packageNotes", space, "/packages/notes", view, read::notes).query(&["packageIds"]),
        get("packageGet", space, "/packages/{id}", view, read::get).answers(&PACKAGE),
        get(
            "packageDownload",
            space,
            "/packages/{id}/raw",
            needs(P::BuiltInFeedDownload, From::Space),
            read::raw,
        )
        .answers_raw("application/octet-stream"),
        post(
            "packageUpload",
            space,
            "/packages/raw",
            push,
            upload::upload,
        )
        .answers(&PACKAGE)
        .query(&["overwriteMode", "replace"])
        .summary("Takes the file of a package (multipart/form-data), named id.version.extension.")
        .streams_body(),
        delete(
            "packageDelete",
            space,
            "/packages/{id}",
            administer,
            remove::one,
        ),
        delete(
            "packageDeleteSeveral",
            space,
            "/packages/bulk",
            administer,
            remove::several,
        )
        .query(&["ids"]),
    ];
    all.extend(delta(push));
    all
}

/// Octopus' way to send only what changed. Its clients send the whole file when there is nothing to compare with.
fn delta(push: crate::operation::Access) -> [Operation; 2] {
    [
        get(
            "packageDeltaSignature",
            Place::Space,
            "/packages/{id}/{version}/delta-signature",
            push,
            |_| no_delta(axum::http::StatusCode::NOT_FOUND),
        ),
        post(
            "packageDeltaUpload",
            Place::Space,
            "/packages/{id}/{version}/delta",
            push,
            |_| no_delta(axum::http::StatusCode::BAD_REQUEST),
        )
        .streams_body(),
    ]
}

async fn no_delta(status: axum::http::StatusCode) -> Answer {
    Err(ApiError::new(
        status,
        "NotSupported",
        "This server does not take packages as differences to earlier ones.",
    )
    .help(
        "Send the whole file to packages/raw; clients do that by themselves unless told otherwise.",
    ))
}
