//! How one operation is tried: what it is sent, what it must answer, and which permission lets somebody in.

use regatta_core::permission::Permission;
use serde_json::Value;

use super::world::World;

/// One line of the table in [`super::rows`]. The path's parameters follow from the path itself
/// ([`super::operation`]), so a line says only what the document cannot.
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(super) needs: Needs,
    pub(super) sends: Sends,
    /// What stands behind the path, with its question mark.
    pub(super) query: &'static str,
    /// The status for whoever is let in.
    pub(crate) status: u16,
    /// The document of the path is used up: each success needs a new one.
    pub(super) uses_up: bool,
    /// Whether a success is recorded in the audit.
    pub(super) is_recorded: bool,
    /// Whoever is not let in gets the answer of a document that does not exist.
    pub(super) hides: bool,
}

/// What lets somebody in.
#[derive(Clone, Copy)]
pub(super) enum Needs {
    /// What the OpenAPI document states.
    Stated,
    /// The handler checks these itself, for the document of the path.
    Handler(&'static [Permission]),
    /// Nothing but being signed in: the answer is about the caller, or about nobody.
    SignedIn,
    /// Everybody gets a list; without this permission it is empty.
    ToSeeAny(Permission),
}

/// What is sent.
#[derive(Clone, Copy)]
pub(super) enum Sends {
    Nothing,
    /// What GET answers at the same path.
    AsRead,
    Body(fn(&World<'_>) -> Value),
}

const fn row(id: &'static str, sends: Sends, status: u16) -> Row {
    Row {
        id,
        needs: Needs::Stated,
        sends,
        query: "",
        status,
        uses_up: false,
        is_recorded: !matches!(sends, Sends::Nothing),
        hides: false,
    }
}

/// A GET.
pub(super) const fn reads(id: &'static str) -> Row {
    row(id, Sends::Nothing, 200)
}

/// A POST that makes something.
pub(super) const fn creates(id: &'static str, body: fn(&World<'_>) -> Value) -> Row {
    row(id, Sends::Body(body), 201)
}

/// A PUT of what GET answers.
pub(super) const fn replaces(id: &'static str) -> Row {
    row(id, Sends::AsRead, 200)
}

/// A POST or PUT that does something else.
pub(super) const fn acts(id: &'static str, body: fn(&World<'_>) -> Value) -> Row {
    row(id, Sends::Body(body), 200)
}

/// A DELETE; it is tried on a new document for everybody who may.
pub(super) const fn removes(id: &'static str) -> Row {
    let mut row = row(id, Sends::Nothing, 200).uses_up();
    row.is_recorded = true;
    row
}

impl Row {
    pub(super) const fn needs(mut self, permissions: &'static [Permission]) -> Self {
        self.needs = Needs::Handler(permissions);
        self
    }

    pub(super) const fn signed_in(mut self) -> Self {
        self.needs = Needs::SignedIn;
        self
    }

    pub(super) const fn sees(mut self, permission: Permission) -> Self {
        self.needs = Needs::ToSeeAny(permission);
        self
    }

    pub(super) const fn answers(mut self, status: u16) -> Self {
        self.status = status;
        if status >= 400 {
            self.is_recorded = false;
        }
        self
    }

    pub(super) const fn uses_up(mut self) -> Self {
        self.uses_up = true;
        self
    }

    /// A success changes nothing that the audit records.
    pub(super) const fn unrecorded(mut self) -> Self {
        self.is_recorded = false;
        self
    }

    pub(super) const fn asking(mut self, query: &'static str) -> Self {
        self.query = query;
        self
    }

    pub(super) const fn hides(mut self) -> Self {
        self.hides = true;
        self
    }
}
