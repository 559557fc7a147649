use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn masked(secrets: &[&str], text: &str) -> String {
    Masker::new(secrets.iter().copied()).mask(text)
}

fn in_chunks(masker: &Masker, text: &str, cuts: &[usize]) -> String {
    let (mut stream, mut out, mut rest) = (Stream::default(), Vec::new(), text.as_bytes());
    for cut in cuts {
        let (chunk, after) = rest.split_at((*cut).min(rest.len()));
        stream.push(masker, chunk, &mut out);
        rest = after;
    }
    stream.push(masker, rest, &mut out);
    stream.finish(masker, &mut out);
    String::from_utf8(out).unwrap()
}

/// The simplest thing that is right: mark every occurrence of every pattern, then write stars for marked runs.
fn naive(secrets: &[String], text: &str) -> String {
    let mut patterns = Vec::new();
    secrets
        .iter()
        .for_each(|secret| forms::push(secret, &mut patterns));
    let mut hidden = vec![false; text.len()];
    for start in 0..text.len() {
        for pattern in patterns
            .iter()
            .filter(|pattern| text.as_bytes()[start..].starts_with(pattern.as_bytes()))
        {
            hidden[start..start + pattern.len()].fill(true);
        }
    }
    let mut out = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        if !hidden[at] {
            out.push(byte);
        } else if at == 0 || !hidden[at - 1] {
            out.extend_from_slice(STARS.as_bytes());
        }
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn plain_cases() {
    for (secrets, text, expected) in [
        (&["hunter2"][..], "pw hunter2!", "pw ********!"),
        (&["hunter2"], "hunter", "hunter"),
        (&["abc"], "abc", "abc"),
        (&["abcd"], "abcdabcd", "********"),
        (&["abcd", "cdef"], "xabcdefy", "x********y"),
        (&["abcdef", "bcde"], "bcdef", "********f"),
        (&["  ab  "], "  ab  ", "  ab  "),
        (&["pässwörd"], "über pässwörd.", "über ********."),
        (
            &["line one\nline two\r\nxy"],
            "line two then xy",
            "******** then xy",
        ),
        (&[""], "text", "text"),
        (&[], "text", "text"),
    ] {
        assert_eq!(masked(secrets, text), expected);
    }
}

/// A secret in many encodings, each as a script could print it, with what stands around it.
fn encodings(secret: &str) -> Vec<(&'static str, String)> {
    let url = |space: &str, lower: bool| -> String {
        let byte = |b: u8| match b {
            b' ' => space.to_owned(),
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
            b if lower => format!("%{b:02x}"),
            b => format!("%{b:02X}"),
        };
        secret.bytes().map(byte).collect()
    };
    let json = serde_json::to_string(secret).unwrap();
    vec![
        ("plain", secret.to_owned()),
        ("base64", STANDARD.encode(secret)),
        (
            "base64 after one byte",
            STANDARD.encode(format!("u{secret}xyz")),
        ),
        (
            "base64 after two bytes",
            STANDARD.encode(format!("u:{secret}yz")),
        ),
        (
            "base64 after three bytes",
            STANDARD.encode(format!("u1:{secret}z")),
        ),
        (
            "base64 for URLs",
            URL_SAFE_NO_PAD.encode(format!("?>{secret}")),
        ),
        ("URL", url("%20", false)),
        ("URL, lower case", url("%20", true)),
        ("form", url("+", false)),
        ("JSON", json[1..json.len() - 1].to_owned()),
        (
            "JSON with escaped slashes",
            json[1..json.len() - 1].replace('/', "\\/"),
        ),
        ("hex", secret.bytes().map(|b| format!("{b:02x}")).collect()),
        ("HEX", secret.bytes().map(|b| format!("{b:02X}")).collect()),
        (
            "XML",
            secret
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&apos;"),
        ),
        ("shell", secret.replace('\'', "'\\''")),
        ("PowerShell", secret.replace('\'', "''")),
    ]
}

#[test]
fn long_secrets_are_hidden_when_base64_is_wrapped() {
    let secret: String = (0..200).map(|n| char::from(b'!' + n % 90)).collect();
    for width in [64, 76] {
        let encoded = STANDARD.encode(&secret);
        let lines: Vec<_> = encoded
            .as_bytes()
            .chunks(width)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let shown = masked(&[&secret], &lines.join("\n"));
        assert!(shown.lines().all(|line| line == STARS), "{shown}");
    }
}

#[test]
fn a_finished_line_is_let_go_at_once() {
    let masker = Masker::new(["a very long secret that nobody prints"]);
    let (mut stream, mut out) = (Stream::default(), Vec::new());
    stream.push(&masker, b"a very long\nnext a very", &mut out);
    assert_eq!(out, b"a very long\n");
    stream.finish(&masker, &mut out);
    assert_eq!(out, b"a very long\nnext a very");
}

#[test]
fn a_secret_learnt_on_the_way_is_hidden_from_then_on() {
    let (mut stream, mut out) = (Stream::default(), Vec::new());
    stream.push(&Masker::default(), b"token-1 ", &mut out);
    let masker = Masker::new(["token-1"]);
    stream.push(&masker, b"token-1\n", &mut out);
    assert_eq!(out, b"token-1 ********\n");
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(100)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn every_encoding_is_hidden_however_it_is_cut(
        secret in "[ -~äß]{8,24}".prop_filter("long enough", |s| s.trim().len() >= 8),
        cuts in prop::collection::vec(0_usize..12, 0..8),
    ) {
        let masker = Masker::new([secret.as_str()]);
        for (name, encoded) in encodings(&secret) {
            let shown = in_chunks(&masker, &format!("a {encoded} b\n"), &cuts);
            prop_assert!(shown.contains(STARS), "{}: {:?} shows as {:?}", name, encoded, shown);
            // Of base64, the characters shared with the neighbours may stay: at most two on each side of the text around.
            let left = shown.len() - STARS.len();
            prop_assert!(left <= "a  b\n".len() + 12, "{}: {:?} shows as {:?}", name, encoded, shown);
        }
    }

    #[test]
    fn chunks_make_no_difference_and_the_naive_masker_agrees(
        secrets in prop::collection::vec("[ab]{4,6}", 0..4),
        text in "[ab\n]{0,60}",
        cuts in prop::collection::vec(0_usize..7, 0..20),
    ) {
        let masker = Masker::new(secrets.iter().map(String::as_str));
        let whole = masker.mask(&text);
        prop_assert_eq!(&whole, &naive(&secrets, &text));
        prop_assert_eq!(&whole, &in_chunks(&masker, &text, &cuts));
    }
}
