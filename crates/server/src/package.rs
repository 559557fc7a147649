//! Packages of built-in feeds: documents that name a blob. Whoever needs one finds it here, by id and version.
//!
//! What ids and versions mean is the core's ([`regatta_core::package`]).

use regatta_core::package::file_name::FileName;
use regatta_core::package::{self, compare_versions, same_id};
use regatta_core::time::Time;
use regatta_core::version::Version;
use regatta_store::{BlobId, Conn, Document, Order, Query, StoreError};
use serde::{Deserialize, Serialize};

use crate::files::blob_tag;

pub(crate) mod notes;

/// Kind of the store's documents.
pub(crate) const KIND: &str = "Packages";
/// The word before id and version in a package's id (Octopus').
const PREFIX: &str = "packages-";

/// The stored document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    pub package_id: String,
    /// As it was in the file's name.
    pub version: String,
    /// With its dot, e.g. `.tar.gz`.
    pub extension: String,
    pub blob: BlobId,
    pub length_bytes: u64,
    /// Release notes that are in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

impl Package {
    pub(crate) fn new(name: &FileName, blob: BlobId, length_bytes: u64) -> Self {
        Self {
            package_id: name.package_id.clone(),
            version: name.version.as_str().to_owned(),
            extension: name.extension.to_owned(),
            blob,
            length_bytes,
            notes: None,
        }
    }

    /// What clients know it by, e.g. `packages-Acme.Web.1.2.3`.
    pub(crate) fn id(&self) -> String {
        format!("{PREFIX}{}.{}", self.package_id, self.version)
    }

    /// The name of its file.
    pub(crate) fn filename(&self) -> String {
        format!("{}.{}{}", self.package_id, self.version, self.extension)
    }

    /// For sorting; a stored version is one.
    pub(crate) fn version(&self) -> Version {
        self.version
            .parse()
            .expect("a stored version was parsed when it came")
    }

    /// The document of a new one.
    pub(crate) fn document(&self, id: &str, space_id: &str, at: Time) -> Document {
        Document {
            kind: KIND.into(),
            id: id.to_owned(),
            space_id: Some(space_id.to_owned()),
            owner_id: None,
            name: self.package_id.clone(),
            name_is_unique: false,
            slug: Some(slug(&self.package_id, &self.version())),
            sort_order: 0,
            tags: self.tags(),
            version: 1,
            body: self.body(),
            created_at: at,
            updated_at: at,
        }
    }

    pub(crate) fn tags(&self) -> Vec<String> {
        vec![blob_tag(&self.blob)]
    }

    pub(crate) fn body(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }
}

/// A package with its document.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub document: Document,
    pub package: Package,
}

impl Found {
    pub(crate) fn read(document: Document) -> Result<Self, StoreError> {
        let package = serde_json::from_str(&document.body);
        let package = package.map_err(|error| StoreError::Corrupt {
            what: document.id.clone(),
            why: error.to_string(),
        })?;
        Ok(Self { document, package })
    }
}

fn slug(package_id: &str, version: &Version) -> String {
    format!("{PREFIX}{}", package::key(package_id, version))
}

/// Id and version of what a client calls `packages-Acme.Web.1.2.3`.
pub(crate) fn parse_id(id: &str) -> Option<(String, Version)> {
    let head = id.get(..PREFIX.len())?;
    if !head.eq_ignore_ascii_case(PREFIX) {
        return None;
    }
    // Any kind of file will do to read a name.
    let name = FileName::parse(&format!("{}.zip", &id[PREFIX.len()..])).ok()?;
    Some((name.package_id, name.version))
}

/// The package of a space with this id and version; equal versions may be spelled differently.
pub(crate) async fn find(
    conn: &mut Conn,
    space_id: &str,
    (package_id, version): (&str, &Version),
) -> Result<Option<Found>, StoreError> {
    let query = Query {
        kind: KIND.into(),
        space_id: Some(Some(space_id.to_owned())),
        slug: Some(slug(package_id, version)),
        take: Some(1),
        ..Query::default()
    };
    let found = conn.documents(&query).await?.items.pop();
    found.map(Found::read).transpose()
}

/// All versions of a package, the newest first.
pub(crate) async fn versions(
    conn: &mut Conn,
    space_id: &str,
    package_id: &str,
) -> Result<Vec<Found>, StoreError> {
    let query = Query {
        kind: KIND.into(),
        space_id: Some(Some(space_id.to_owned())),
        name: Some(package_id.to_owned()),
        order: Order::Newest,
        ..Query::default()
    };
    read_all(conn, &query).await
}

/// The packages of a query by id, and of each id the newest version first.
pub(crate) async fn read_all(conn: &mut Conn, query: &Query) -> Result<Vec<Found>, StoreError> {
    let documents = conn.documents(query).await?.items;
    let mut found = Vec::with_capacity(documents.len());
    for document in documents {
        let one = Found::read(document)?;
        found.push((
            one.package.package_id.to_ascii_lowercase(),
            one.package.version(),
            one,
        ));
    }
    found.sort_by(|(a_id, a, _), (b_id, b, _)| a_id.cmp(b_id).then_with(|| compare_versions(b, a)));
    Ok(found.into_iter().map(|(_, _, one)| one).collect())
}

/// Of packages sorted by [`read_all`], the newest of each id.
pub(crate) fn latest(sorted: Vec<Found>) -> Vec<Found> {
    let mut latest: Vec<Found> = Vec::new();
    for one in sorted {
        let is_older = latest
            .last()
            .is_some_and(|last| same_id(&last.package.package_id, &one.package.package_id));
        if !is_older {
            latest.push(one);
        }
    }
    latest
}
