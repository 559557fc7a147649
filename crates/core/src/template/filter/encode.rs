//! Base64 and hashes, over the bytes of a text in UTF-8 or UTF-16 (`unicode`, little endian).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::Input;

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16,
}

fn encoding(name: &str) -> Option<Encoding> {
    match name.to_ascii_lowercase().as_str() {
        "utf8" | "utf-8" => Some(Encoding::Utf8),
        "unicode" => Some(Encoding::Utf16),
        _ => None,
    }
}

impl Encoding {
    fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        }
    }

    fn text(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Utf16 => {
                let units = bytes
                    .chunks(2)
                    .map(|pair| u16::from_le_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
                char::decode_utf16(units)
                    .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            }
        }
    }
}

fn only_encoding(options: &[&str]) -> Option<Encoding> {
    match options {
        [] => Some(Encoding::Utf8),
        [name] => encoding(name),
        _ => None,
    }
}

pub(super) fn to_base64(input: &Input<'_>) -> Option<String> {
    let encoding = only_encoding(input.options)?;
    Some(STANDARD.encode(encoding.bytes(input.value?)))
}

pub(super) fn from_base64(input: &Input<'_>) -> Option<String> {
    let encoding = only_encoding(input.options)?;
    let compact: String = input.value?.split_whitespace().collect();
    Some(encoding.text(&STANDARD.decode(compact).ok()?))
}

pub(super) fn md5(input: &Input<'_>) -> Option<String> {
    hash::<Md5>(input)
}

pub(super) fn sha1(input: &Input<'_>) -> Option<String> {
    hash::<Sha1>(input)
}

pub(super) fn sha256(input: &Input<'_>) -> Option<String> {
    hash::<Sha256>(input)
}

pub(super) fn sha384(input: &Input<'_>) -> Option<String> {
    hash::<Sha384>(input)
}

pub(super) fn sha512(input: &Input<'_>) -> Option<String> {
    hash::<Sha512>(input)
}

/// Lower-case hex; the options are a number of bytes and an encoding, in either order.
fn hash<D: Digest>(input: &Input<'_>) -> Option<String> {
    let value = input.value?;
    if input.options.len() > 2 {
        return None;
    }
    let (mut bytes_max, mut text_encoding) = (None, None);
    for option in input.options {
        if let Ok(bytes) = option.trim().parse::<usize>() {
            if bytes == 0 || bytes_max.replace(bytes).is_some() {
                return None;
            }
        } else if text_encoding.replace(encoding(option)?).is_some() {
            return None;
        }
    }
    let digest = D::digest(text_encoding.unwrap_or(Encoding::Utf8).bytes(value));
    let shown = bytes_max.unwrap_or(usize::MAX).min(digest.len());
    Some(
        digest[..shown]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    )
}
