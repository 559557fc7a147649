//! On files that OpenSSL wrote, in `tests/fixtures/certificates`.

use regatta_core::certificate::CertificateFormat;
use serde_json::json;

use super::super::facts;
use super::super::write::Which;
use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/certificates/", $name)).as_slice()
    };
}

const PASSWORD: &str = "hush-hush";

fn refusal(file: &[u8], password: &str) -> Unreadable {
    read(file, password).err().unwrap()
}

#[test]
fn every_form_holds_the_same_certificate_and_key() {
    let plain = read(fixture!("chain.pem"), "").unwrap();
    let key = plain.key.as_deref().unwrap();
    for (file, password, format, chain) in [
        (fixture!("chain.pem"), "", CertificateFormat::Pem, 1),
        (
            fixture!("modern.pfx"),
            PASSWORD,
            CertificateFormat::Pkcs12,
            1,
        ),
        (
            fixture!("legacy.pfx"),
            PASSWORD,
            CertificateFormat::Pkcs12,
            1,
        ),
        (fixture!("open.pfx"), "", CertificateFormat::Pkcs12, 0),
        (
            fixture!("encrypted.pem"),
            PASSWORD,
            CertificateFormat::Pem,
            0,
        ),
        (fixture!("traditional.pem"), "", CertificateFormat::Pem, 0),
    ] {
        let bundle = read(file, password).unwrap_or_else(|why| panic!("{format:?}: {why}"));
        assert_eq!((bundle.format, bundle.chain.len()), (format, chain));
        assert!(bundle.subject == plain.subject, "the one with the key");
        assert!(bundle.key.as_deref() == Some(key), "{format:?}");
    }
    let der = read(fixture!("web.cer"), "").unwrap();
    assert!(der.key.is_none() && der.subject == plain.subject);
    assert_eq!(der.format, CertificateFormat::Der);
    assert!(read(fixture!("elliptic.pem"), "").unwrap().key.is_some());
}

#[test]
fn what_the_certificate_says_is_read_off() {
    let bundle = read(fixture!("chain.pem"), "").unwrap();
    let mut facts = facts::of(&bundle).unwrap();
    for key in ["Thumbprint", "NotBefore", "NotAfter", "CertificateChain"] {
        assert!(facts.shift_remove(key).is_some(), "{key}");
    }
    assert_eq!(
        serde_json::Value::Object(facts),
        json!({
            "SubjectDistinguishedName": "CN=www.example.com, O=\"Example, Inc.\", C=NL",
            "SubjectCommonName": "www.example.com",
            "SubjectOrganization": "Example, Inc.",
            "SubjectAlternativeNames": ["www.example.com", "example.com", "192.0.2.7"],
            "IssuerDistinguishedName": "CN=Example Test CA, O=\"Example, Inc.\", C=NL",
            "IssuerCommonName": "Example Test CA",
            "IssuerOrganization": "Example, Inc.",
            "HasPrivateKey": true,
            "SelfSigned": false,
            "SerialNumber": "0A11CE",
            "SignatureAlgorithmName": "sha256RSA",
            "CertificateDataFormat": "Pem",
        })
    );
    let expired = facts::of(&read(fixture!("expired.pem"), "").unwrap()).unwrap();
    assert_eq!(expired["NotBefore"], "2020-01-01T00:00:00.000+00:00");
    assert_eq!(expired["NotAfter"], "2020-02-01T00:00:00.000+00:00");
    assert_eq!(expired["SelfSigned"], true);
    assert_eq!(expired["SignatureAlgorithmName"], "sha256ECDSA");
}

#[test]
fn what_is_written_reads_back_as_it_was() {
    let bundle = read(fixture!("modern.pfx"), PASSWORD).unwrap();
    let mut pem = bundle.pem(Which::All);
    pem.push_str(&bundle.key_pem().unwrap());
    let pfx = bundle.pkcs12("other", true).unwrap();
    for again in [
        read(pem.as_bytes(), "").unwrap(),
        read(&pfx, "other").unwrap(),
    ] {
        assert!(again.subject == bundle.subject && again.chain == bundle.chain);
        assert!(again.key == bundle.key);
    }
    let public = read(&bundle.pkcs12("", false).unwrap(), "").unwrap();
    assert!(public.key.is_none() && public.chain.len() == 1);
    assert!(bundle.pem(Which::Chain) != bundle.pem(Which::Subject));
}

#[test]
fn a_file_that_cannot_be_kept_says_why() {
    let junk = [0x30, 0x82, 0xff, 0xff, 1, 2, 3];
    let chain = fixture!("chain.pem");
    let key_only = &chain[chain
        .windows(17)
        .position(|w| w == b"-----BEGIN PRIVAT")
        .unwrap()..];
    let key_only = &key_only[..key_only
        .windows(14)
        .position(|w| w == b"-----BEGIN CER")
        .unwrap()];
    let cut = String::from_utf8_lossy(fixture!("expired.pem")).replacen("MI", "MJ", 1);
    for (file, password, why) in [
        (fixture!("modern.pfx"), "wrong", Unreadable::WrongPassword),
        (fixture!("legacy.pfx"), "wrong", Unreadable::WrongPassword),
        (fixture!("modern.pfx"), "", Unreadable::NeedsPassword),
        (fixture!("encrypted.pem"), "", Unreadable::NeedsPassword),
        (
            fixture!("encrypted.pem"),
            "wrong",
            Unreadable::WrongPassword,
        ),
        (fixture!("mismatch.pem"), "", Unreadable::OtherKey),
        (key_only, "", Unreadable::NoCertificate),
        (cut.as_bytes(), "", Unreadable::Damaged),
        (&junk, "", Unreadable::Unknown),
        (b"", "", Unreadable::Unknown),
        (&vec![b'x'; FILE_BYTES_MAX + 1], "", Unreadable::TooLong),
    ] {
        assert_eq!(refusal(file, password), why);
    }
    let two = [fixture!("elliptic.pem"), fixture!("traditional.pem")].concat();
    assert_eq!(refusal(&two, ""), Unreadable::SeveralKeys);
}

/// What is not understood may be a secret: a key is refused, and whatever else stands there is not kept.
#[test]
fn of_a_text_only_what_is_understood_is_kept() {
    let block = |tag: &str| format!("-----BEGIN {tag}-----\nc2VjcmV0\n-----END {tag}-----\n");
    let plain = String::from_utf8_lossy(fixture!("expired.pem")).into_owned();
    let certificate = read(plain.as_bytes(), "").unwrap();
    let wanted = certificate.pem(Which::All);
    for tag in [
        "OPENSSH PRIVATE KEY",
        "DSA PRIVATE KEY",
        "ANY PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        let file = [plain.as_str(), &block(tag)].concat();
        assert_eq!(
            refusal(file.as_bytes(), ""),
            Unreadable::ForeignKey,
            "{tag}"
        );
        // One that was kept before it was refused is opened without it.
        let kept = reread(file.as_bytes(), "").unwrap();
        assert!(String::from_utf8_lossy(&kept.file) == wanted, "{tag}");
    }
    let broken = [plain.as_str(), "-----BEGIN PRIVATE KEY-----\nnot base64\n"].concat();
    assert!(
        read(broken.as_bytes(), "").is_err(),
        "a key that was cut off"
    );
    let noted = [
        "password: hush\n",
        &block("CERTIFICATE REQUEST"),
        &plain,
        "bye\n",
    ]
    .concat();
    let kept = read(noted.as_bytes(), "").unwrap();
    assert!(
        String::from_utf8_lossy(&kept.file) == wanted,
        "text beside the blocks is left out"
    );
    let file = read(fixture!("encrypted.pem"), PASSWORD).unwrap().file;
    assert!(
        read(&file, PASSWORD).unwrap().key.is_some(),
        "the key stays in it, as it was"
    );
}
