//! Configuration files as text, and back in the encoding they came in.

/// How the letters of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    form: Form,
    /// Whether the file starts with a byte order mark.
    has_mark: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Utf8,
    Utf16 {
        is_big: bool,
    },
    /// Every byte is a letter: what properties files are written in.
    Latin1,
    /// What an XML file says of itself.
    Named(&'static encoding_rs::Encoding),
}

/// A file that is no text, or a text that is no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    #[error("it is no text in {expected}")]
    NoText { expected: &'static str },
    #[error("it says that it is written in an encoding that is not known here; use UTF-8")]
    Unknown,
    #[error(
        "something put into it has letters that its encoding, {encoding}, does not have; save it in UTF-8"
    )]
    NoLetter { encoding: &'static str },
}

/// How far into a file its declaration is looked for.
const DECLARATION_BYTES_MAX: usize = 200;

impl Encoding {
    /// The text of a file, without its byte order mark, and how it was written. UTF-8 unless it says something else.
    ///
    /// # Errors
    /// When it is no text.
    pub fn read(path: &str, bytes: &[u8]) -> Result<(String, Self), EncodingError> {
        let (form, mark_bytes) = match bytes {
            [0xef, 0xbb, 0xbf, ..] => (Form::Utf8, 3),
            [0xff, 0xfe, ..] => (Form::Utf16 { is_big: false }, 2),
            [0xfe, 0xff, ..] => (Form::Utf16 { is_big: true }, 2),
            [b'<', 0, b'?', 0, ..] => (Form::Utf16 { is_big: false }, 0),
            [0, b'<', 0, b'?', ..] => (Form::Utf16 { is_big: true }, 0),
            _ => (declared(bytes)?, 0),
        };
        let is_properties = path.to_ascii_lowercase().ends_with(".properties");
        let is_old = form == Form::Utf8 && is_properties && std::str::from_utf8(bytes).is_err();
        let form = if is_old { Form::Latin1 } else { form };
        let text = form.text(&bytes[mark_bytes..]);
        let text = text.ok_or(EncodingError::NoText {
            expected: form.name(),
        })?;
        let encoding = Self {
            form,
            has_mark: mark_bytes > 0,
        };
        Ok((text, encoding))
    }

    /// The bytes of a text.
    ///
    /// # Errors
    /// When it has letters that cannot be written so.
    pub fn write(self, text: &str) -> Result<Vec<u8>, EncodingError> {
        let mark = if self.has_mark { "\u{feff}" } else { "" };
        let missing = EncodingError::NoLetter {
            encoding: self.form.name(),
        };
        match self.form {
            Form::Utf8 => Ok([mark, text].concat().into_bytes()),
            Form::Utf16 { is_big } => {
                let units = mark.encode_utf16().chain(text.encode_utf16());
                let bytes = units.flat_map(|unit| {
                    if is_big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                });
                Ok(bytes.collect())
            }
            Form::Latin1 => {
                let bytes = text.chars().map(|letter| u8::try_from(u32::from(letter)));
                bytes.collect::<Result<_, _>>().map_err(|_| missing)
            }
            Form::Named(encoding) => match encoding.encode(text) {
                (bytes, _, false) => Ok(bytes.into_owned()),
                _ => Err(missing),
            },
        }
    }
}

impl Form {
    fn text(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Self::Utf16 { is_big } => {
                let (pairs, rest) = bytes.as_chunks::<2>();
                let units = pairs.iter().map(|pair| {
                    if is_big {
                        u16::from_be_bytes(*pair)
                    } else {
                        u16::from_le_bytes(*pair)
                    }
                });
                let units: Vec<u16> = units.collect();
                String::from_utf16(&units).ok().filter(|_| rest.is_empty())
            }
            Self::Latin1 => Some(bytes.iter().copied().map(char::from).collect()),
            Self::Named(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map(std::borrow::Cow::into_owned),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 { .. } => "UTF-16",
            Self::Latin1 => "ISO-8859-1",
            Self::Named(encoding) => encoding.name(),
        }
    }
}

/// What the declaration of an XML file says.
fn declared(bytes: &[u8]) -> Result<Form, EncodingError> {
    let start = bytes.get(..DECLARATION_BYTES_MAX).unwrap_or(bytes);
    let start: String = start.iter().copied().map(char::from).collect();
    let declaration = start
        .strip_prefix("<?xml")
        .and_then(|start| start.split_once("?>"));
    let label = declaration.and_then(|(declaration, _)| {
        let (_, behind) = declaration.split_once("encoding")?;
        let value = behind.trim_start().strip_prefix('=')?.trim_start();
        let quote = value
            .chars()
            .next()
            .filter(|quote| matches!(quote, '"' | '\''))?;
        value[1..]
            .split_once(quote)
            .map(|(label, _)| label.to_owned())
    });
    let Some(label) = label else {
        return Ok(Form::Utf8);
    };
    let encoding =
        encoding_rs::Encoding::for_label(label.as_bytes()).ok_or(EncodingError::Unknown)?;
    // One that needs two bytes a letter could not be read so far.
    if encoding == encoding_rs::UTF_8 || encoding.output_encoding() != encoding {
        return Ok(Form::Utf8);
    }
    Ok(Form::Named(encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(path: &str, bytes: &[u8], add: &str) -> Result<Vec<u8>, EncodingError> {
        let (text, encoding) = Encoding::read(path, bytes)?;
        encoding.write(&(text + add))
    }

    #[test]
    fn files_stay_in_their_encoding() {
        let latin = b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>";
        for (path, bytes, add, added) in [
            (
                "a",
                b"\xef\xbb\xbfa".as_slice(),
                "é",
                b"\xc3\xa9".as_slice(),
            ),
            ("a", b"a", "é", b"\xc3\xa9"),
            ("a", b"", "", b""),
            ("a", b"\xff\xfea\0", "é", b"\xe9\0"),
            ("a", b"\xfe\xff\0a", "é", b"\0\xe9"),
            ("a", b"<\0?\0", "é", b"\xe9\0"),
            ("a.xml", latin, "é", b"\xe9"),
            ("a.properties", b"a=\xe9", "é", b"\xe9"),
            ("a.properties", b"a=\xc3\xa9", "é", b"\xc3\xa9"),
            ("a.xml", b"<?xml encoding=\"utf-8\"?>", "é", b"\xc3\xa9"),
        ] {
            assert_eq!(again(path, bytes, add).unwrap(), [bytes, added].concat());
        }
    }

    #[test]
    fn what_is_no_text_or_has_no_such_letter_is_refused() {
        let unknown = b"<?xml encoding='klingon'?>";
        for (path, bytes, add) in [
            ("a", b"\xe9".as_slice(), ""),
            ("a", b"\xff\xfea", ""),
            ("a", b"\xff\xfe\0\xd8", ""),
            ("a.xml", unknown, ""),
            ("a.xml", b"<?xml encoding='windows-1252'?>", "日"),
            ("a.properties", b"\xe9", "日"),
        ] {
            assert!(again(path, bytes, add).is_err(), "{bytes:?}");
        }
    }
}
