//! What a certificate says, in the words of its document (octopus-api §2.3).

use std::fmt::Write as _;

use regatta_core::time::Time;
use serde_json::{Map, Value, json};
use sha1::{Digest as _, Sha1};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use super::{Bundle, Unreadable};
use crate::time_text::iso;

/// The keys of a document that are read off the file.
///
/// # Errors
/// When the certificate cannot be read.
pub(crate) fn of(bundle: &Bundle) -> Result<Map<String, Value>, Unreadable> {
    let (_, certificate) =
        x509_parser::parse_x509_certificate(&bundle.subject).map_err(|_| Unreadable::Damaged)?;
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    let validity = certificate.validity();
    let Value::Object(facts) = json!({
        "Thumbprint": thumbprint(&bundle.subject),
        "SubjectDistinguishedName": distinguished(subject),
        "SubjectCommonName": first(subject.iter_common_name()),
        "SubjectOrganization": first(subject.iter_organization()),
        "SubjectAlternativeNames": alternative_names(&certificate),
        "IssuerDistinguishedName": distinguished(issuer),
        "IssuerCommonName": first(issuer.iter_common_name()),
        "IssuerOrganization": first(issuer.iter_organization()),
        "NotBefore": iso(time(validity.not_before)),
        "NotAfter": iso(time(validity.not_after)),
        "HasPrivateKey": bundle.key.is_some(),
        "SelfSigned": subject.as_raw() == issuer.as_raw(),
        "SerialNumber": hex(certificate.raw_serial()),
        "SignatureAlgorithmName": signature(&certificate),
        "CertificateDataFormat": bundle.format.as_str(),
        "CertificateChain": bundle.chain.iter().map(|der| in_chain(der)).collect::<Result<Vec<_>, _>>()?,
    }) else {
        return Err(Unreadable::Damaged);
    };
    Ok(facts)
}

fn in_chain(der: &[u8]) -> Result<Value, Unreadable> {
    let (_, certificate) =
        x509_parser::parse_x509_certificate(der).map_err(|_| Unreadable::Damaged)?;
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    Ok(json!({
        "Thumbprint": thumbprint(der),
        "SubjectDistinguishedName": distinguished(subject),
        "SubjectCommonName": first(subject.iter_common_name()),
        "IssuerDistinguishedName": distinguished(issuer),
        "NotBefore": iso(time(certificate.validity().not_before)),
        "NotAfter": iso(time(certificate.validity().not_after)),
        "SelfSigned": subject.as_raw() == issuer.as_raw(),
        "SerialNumber": hex(certificate.raw_serial()),
        "SignatureAlgorithmName": signature(&certificate),
    }))
}

/// SHA-1 of the certificate: how everybody calls one, not what anything is secured by.
fn thumbprint(der: &[u8]) -> String {
    hex(&Sha1::digest(der))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn time(at: ASN1Time) -> Time {
    Time(at.timestamp().saturating_mul(1000))
}

/// The most specific part first, as in `CN=www.example.com, O=Example, C=NL`.
fn distinguished(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name
        .iter_rdn()
        .map(|part| {
            let pairs = part.iter().map(|pair| {
                let kind = oid2abbrev(pair.attr_type(), oid_registry())
                    .map_or_else(|_| pair.attr_type().to_id_string(), str::to_owned);
                format!("{kind}={}", quoted(&text(pair)))
            });
            pairs.collect::<Vec<_>>().join(" + ")
        })
        .collect();
    parts.reverse();
    parts.join(", ")
}

fn quoted(value: &str) -> String {
    let plain = !value.contains([',', '+', '"', '=', '<', '>', '#', ';', '\n'])
        && value.trim().len() == value.len();
    if plain {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('"', "\"\""))
    }
}

fn text(pair: &x509_parser::x509::AttributeTypeAndValue<'_>) -> String {
    pair.as_str()
        .map_or_else(|_| format!("#{}", hex(pair.as_slice())), str::to_owned)
}

fn first<'a>(
    mut found: impl Iterator<Item = &'a x509_parser::x509::AttributeTypeAndValue<'a>>,
) -> Option<String> {
    found.next().map(text)
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names = extension.map(|extension| &extension.value.general_names);
    let shown = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
            Some((*text).to_owned())
        }
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    names.into_iter().flatten().filter_map(shown).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
    Some(std::net::Ipv6Addr::from(sixteen).to_string())
}

/// The names Windows gives to the usual algorithms; the number of any other.
fn signature(certificate: &X509Certificate<'_>) -> String {
    let number = certificate.signature_algorithm.oid().to_id_string();
    let known = match number.as_str() {
        "1.2.840.113549.1.1.5" => "sha1RSA",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "sha256RSA",
        "1.2.840.113549.1.1.12" => "sha384RSA",
        "1.2.840.113549.1.1.13" => "sha512RSA",
        "1.2.840.10045.4.3.2" => "sha256ECDSA",
        "1.2.840.10045.4.3.3" => "sha384ECDSA",
        "1.2.840.10045.4.3.4" => "sha512ECDSA",
        "1.3.101.112" => "Ed25519",
        _ => return number,
    };
    known.to_owned()
}
