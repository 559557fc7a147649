//! Letters of XML: references read and written.

/// As long as a reference to a letter is, with room for noughts.
const REFERENCE_BYTES_MAX: usize = 16;

/// With its references resolved. Those to entities somebody declared stay as they are.
pub(super) fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest
            .bytes()
            .take(REFERENCE_BYTES_MAX)
            .position(|byte| byte == b';');
        let reference = end.map(|end| &rest[..=end]);
        match reference.and_then(|reference| Some((reference, resolved(reference)?))) {
            Some((reference, letter)) => {
                text.push(letter);
                rest = &rest[reference.len()..];
            }
            None => {
                text.push('&');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    if text.contains('\r') {
        text.replace("\r\n", "\n")
    } else {
        text
    }
}

/// The letter that `&amp;` or `&#65;` stands for.
fn resolved(reference: &str) -> Option<char> {
    let name = reference.strip_prefix('&')?.strip_suffix(';')?;
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let code = name.strip_prefix('#')?;
    let code = match code.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => code.parse(),
    };
    char::from_u32(code.ok()?)
}

/// As the text of an element.
pub(super) fn escaped_text(value: &str, line_end: &str) -> String {
    let text = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace("\r\n", "\n")
        .replace('\r', "&#13;");
    if line_end == "\n" {
        text
    } else {
        text.replace('\n', line_end)
    }
}

/// As the value of an attribute between these quotes.
pub(super) fn escaped_attribute(value: &str, quote: char) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '\n' => text.push_str("&#10;"),
            '\r' => text.push_str("&#13;"),
            '\t' => text.push_str("&#9;"),
            '"' if quote == '"' => text.push_str("&quot;"),
            '\'' if quote == '\'' => text.push_str("&apos;"),
            other => text.push(other),
        }
    }
    text
}

/// Whether XML can hold a value at all: it has no control characters but tabs and line ends.
#[must_use]
pub fn is_writable(value: &str) -> bool {
    value.chars().all(|letter| {
        matches!(letter, '\t' | '\n' | '\r')
            || letter >= ' ' && !matches!(letter, '\u{fffe}' | '\u{ffff}')
    })
}
