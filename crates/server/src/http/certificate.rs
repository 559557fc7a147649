//! Certificates: files with a certificate and perhaps its private key, which variables name. What the file says is read
//! off it; the file and its password are sealed and leave the server only by an export.

use regatta_core::certificate::CertificateFormat;
use regatta_core::permission::Permission as P;
use regatta_store::Order;
use serde_json::Value;

use crate::names;
use crate::operation::{From, Operation, Place, get, needs, post, put};
use crate::resource::{self, Body, Hooks, Resource, View};
use crate::shape::{
    BOOL, Field, ID, INT, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SPACE_ID, Shape,
    TEXT, TEXTS, TIME, field,
};
use crate::time_text::parse_iso;

mod archive;
mod export;
mod upload;
mod usage;

pub(crate) use upload::{Opened, open};

/// The keys that are sealed.
const DATA: &str = "CertificateData";
const PASSWORD: &str = "Password";

const fn said(name: &'static str, shape: Shape) -> Field {
    field(name, shape).read_only()
}

static IN_CHAIN: Object = Object {
    name: "CertificateInChain",
    fields: &[
        said("Thumbprint", TEXT),
        said("SubjectDistinguishedName", TEXT),
        said("SubjectCommonName", TEXT),
        said("IssuerDistinguishedName", TEXT),
        said("NotBefore", TIME),
        said("NotAfter", TIME),
        said("SelfSigned", BOOL),
        said("SerialNumber", TEXT),
        said("SignatureAlgorithmName", TEXT),
    ],
};

static OBJECT: Object = Object {
    name: "Certificate",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        field("Notes", TEXT).or("\"\"").max(100_000),
        field(DATA, Shape::Sensitive).about(
            "The file: PEM, DER or PKCS#12 (PFX), as base64. Must be given for a new certificate.",
        ),
        field(PASSWORD, Shape::Sensitive).about("Opens the file, when it is encrypted."),
        field("EnvironmentIds", TEXTS).or("[]"),
        field(
            "TenantedDeploymentParticipation",
            Shape::Word(&["Untenanted", "TenantedOrUntenanted", "Tenanted"]),
        )
        .or("\"Untenanted\""),
        field("TenantIds", TEXTS).or("[]"),
        field("TenantTags", TEXTS).or("[]"),
        said(
            "CertificateDataFormat",
            Shape::Word(CertificateFormat::VALUES),
        ),
        said("Thumbprint", TEXT),
        said("SubjectDistinguishedName", TEXT),
        said("SubjectCommonName", TEXT),
        said("SubjectOrganization", TEXT),
        said("SubjectAlternativeNames", TEXTS),
        said("IssuerDistinguishedName", TEXT),
        said("IssuerCommonName", TEXT),
        said("IssuerOrganization", TEXT),
        said("NotBefore", TIME),
        said("NotAfter", TIME),
        said("IsExpired", BOOL),
        said("HasPrivateKey", BOOL),
        said("SelfSigned", BOOL),
        said("SerialNumber", TEXT),
        said("SignatureAlgorithmName", TEXT),
        said("CertificateChain", Shape::List(&Shape::Object(&IN_CHAIN))),
        said("Version", INT).about("Goes up with every file that replaces the one before."),
        said("Archived", TIME).about("Since when it is archived; null when it is not."),
        said("ReplacedBy", TEXT).about("The certificate that took its place; it is archived then."),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

pub static CERTIFICATE: Resource = Resource {
    kind: "Certificates",
    item_type: "Certificate",
    place: Place::Space,
    names: names!("certificate", "/certificates"),
    object: &OBJECT,
    view: P::CertificateView,
    // Both have handlers of their own, because a file is read before anything is written.
    create: None,
    edit: None,
    delete: Some(P::CertificateDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: false,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(upload::prepare(change)),
        deleting: |change| Box::pin(usage::is_unused(change)),
        view,
        tags,
        filters: &[("archived", "archived"), ("tenant", "tenant")],
        unless_asked: &[("archived", "false")],
        ..Hooks::NONE
    },
};

#[expect(
    clippy::too_many_lines,
    reason = "a table, one operation after the other"
)]
pub(super) fn operations() -> Vec<Operation> {
    let one = |permission| needs(permission, From::Document("Certificates", "id"));
    let mut all = resource::operations(&CERTIFICATE);
    all.extend([
        post(
            "certificateCreate",
            Place::Space,
            "/certificates",
            needs(P::CertificateCreate, From::Space),
            upload::create,
        )
        .body(&OBJECT)
        .answers(&OBJECT),
        put(
            "certificateReplace",
            Place::Space,
            "/certificates/{id}",
            one(P::CertificateEdit),
            upload::update,
        )
        .summary("Another file replaces the one before as POST …/replace does.")
        .body(&OBJECT)
        .answers(&OBJECT),
        post(
            "certificateReplaceFile",
            Place::Space,
            "/certificates/{id}/replace",
            one(P::CertificateEdit),
            upload::replace,
        )
        .summary("Gives the certificate another file. The former one is archived under a new id, which is answered.")
        .body(&upload::REPLACEMENT)
        .answers(&OBJECT)
        .acts(),
        post(
            "certificateArchive",
            Place::Space,
            "/certificates/{id}/archive",
            one(P::CertificateEdit),
            archive::archive,
        )
        .summary("Takes it out of the lists. What names it goes on working.")
        .answers(&OBJECT)
        .acts(),
        post(
            "certificateUnarchive",
            Place::Space,
            "/certificates/{id}/unarchive",
            one(P::CertificateEdit),
            archive::unarchive,
        )
        .answers(&OBJECT)
        .acts(),
        get(
            "certificateExport",
            Place::Space,
            "/certificates/{id}/export",
            one(P::CertificateView),
            export::export,
        )
        .summary("The certificate as a file. With its private key this needs the permission CertificateExportPrivateKey.")
        .query(&["format", "password", "pemOptions", "includePrivateKey"])
        .answers_raw("application/octet-stream"),
        get(
            "certificateUsages",
            Place::Space,
            "/certificates/{id}/usages",
            one(P::CertificateView),
            usage::usages,
        )
        .summary("What names the certificate, as far as the caller may see it."),
    ]);
    all
}

fn view(view: &mut View<'_>) {
    let path = format!("/certificates/{}", view.id);
    for action in ["Archive", "Unarchive", "Replace", "Usages"] {
        view.link(action, &format!("{path}/{}", action.to_lowercase()));
    }
    view.link(
        "Export",
        &format!("{path}/export{{?format,password,pemOptions,includePrivateKey}}"),
    );
    let ends = view.body.get("NotAfter").and_then(Value::as_str);
    let ends = ends.and_then(parse_iso);
    // What is shown is true for the reader, so it is their clock that counts, not that of tasks.
    let now = jiff::Timestamp::now().as_millisecond();
    let is_expired = ends.is_some_and(|ends| ends.0 < now);
    view.body.insert("IsExpired".into(), is_expired.into());
    for key in ["Archived", "ReplacedBy"] {
        view.body.entry(key).or_insert(Value::Null);
    }
}

/// Archived ones are in no list unless they are asked for.
fn tags(body: &Body) -> Vec<String> {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let mut tags = vec![format!("archived:{}", text("Archived").is_some())];
    tags.extend(text("ReplacedBy").map(|id| format!("replaced-by:{id}")));
    let tenants = resource::texts(body, "TenantIds");
    tags.extend(tenants.iter().map(|id| format!("tenant:{id}")));
    tags
}
