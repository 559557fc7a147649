//! The words of a path.

use super::XPathError;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name, with its prefix; `*` and `prefix:*`, too.
    Name(String),
    Text(String),
    Number(f64),
    /// `/`, `//`, `[`, `::`, `<=` and so on.
    Mark(&'static str),
}

/// The longer ones first.
const MARKS: [&str; 20] = [
    "//", "..", "::", "!=", "<=", ">=", "/", ".", "@", "[", "]", "(", ")", ",", "|", "+", "=", "<",
    ">", "-",
];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, XPathError> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(letter) = rest.chars().next() {
        let (token, behind) = match letter {
            '"' | '\'' => {
                let inner = &rest[1..];
                let end = inner.find(letter);
                let end = end.ok_or(XPathError::Malformed("a text does not end"))?;
                (Token::Text(inner[..end].to_owned()), &inner[end + 1..])
            }
            '0'..='9' => number(rest)?,
            '.' if rest[1..].starts_with(|digit: char| digit.is_ascii_digit()) => number(rest)?,
            '*' => (Token::Name("*".to_owned()), &rest[1..]),
            '$' => return Err(XPathError::Unsupported("variables ($…)")),
            letter if is_name_start(letter) => name(rest),
            _ => {
                let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark));
                let mark = mark.ok_or(XPathError::Malformed("it has a letter with no meaning"))?;
                (Token::Mark(mark), &rest[mark.len()..])
            }
        };
        tokens.push(token);
        rest = behind.trim_start();
    }
    Ok(tokens)
}

fn number(text: &str) -> Result<(Token, &str), XPathError> {
    let length = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (digits, behind) = text.split_at(length.unwrap_or(text.len()));
    let number = digits.parse();
    let number = number.map_err(|_| XPathError::Malformed("a number is none"))?;
    Ok((Token::Number(number), behind))
}

/// A name, and the one behind its colon. Two colons belong to an axis.
fn name(text: &str) -> (Token, &str) {
    let first = part(text);
    let behind = &text[first..];
    let length = match behind
        .strip_prefix(':')
        .filter(|after| !after.starts_with(':'))
    {
        Some(after) if after.starts_with('*') => first + 2,
        Some(after) if after.starts_with(is_name_start) => first + 1 + part(after),
        _ => first,
    };
    (Token::Name(text[..length].to_owned()), &text[length..])
}

fn part(text: &str) -> usize {
    let end = text.find(|letter: char| {
        !is_name_start(letter) && !letter.is_alphanumeric() && !"-.\u{b7}".contains(letter)
    });
    end.unwrap_or(text.len())
}

fn is_name_start(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}
