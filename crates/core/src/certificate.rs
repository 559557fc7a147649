//! Certificates: what their documents say, and what a variable that names one gives. Reading the files is the server's.

use crate::json::api_enum;

api_enum! {
    /// What an uploaded file is.
    CertificateFormat {
        Pkcs12,
        Der,
        Pem,
        Unknown,
    }
}

/// What a certificate variable gives besides the id, read off the document: the name behind the variable's own, and the
/// key of the document. What is read off the file itself is not in here.
pub const PARTS: &[(&str, &str)] = &[
    ("Name", "Name"),
    ("Thumbprint", "Thumbprint"),
    ("Subject", "SubjectDistinguishedName"),
    ("SubjectCommonName", "SubjectCommonName"),
    ("SubjectOrganization", "SubjectOrganization"),
    ("Issuer", "IssuerDistinguishedName"),
    ("IssuerCommonName", "IssuerCommonName"),
    ("IssuerOrganization", "IssuerOrganization"),
    ("NotBefore", "NotBefore"),
    ("NotAfter", "NotAfter"),
    ("SerialNumber", "SerialNumber"),
];
