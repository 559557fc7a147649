//! The terminal during a demo: one line per thing that happened, and the picture of it for the README.

use std::fmt::Write as _;

/// Writes to the terminal and remembers what it wrote.
pub(crate) struct Live {
    colour: bool,
    /// Plain lines, for the picture.
    lines: Vec<String>,
}

impl Live {
    pub(crate) fn new(colour: bool) -> Self {
        Self {
            colour,
            lines: Vec::new(),
        }
    }

    /// Shows a line (or several, split at line breaks).
    pub(crate) fn line(&mut self, text: &str) {
        for line in text.split('\n') {
            println!(
                "{}",
                if self.colour {
                    coloured(line)
                } else {
                    line.to_owned()
                }
            );
            self.lines.push(line.to_owned());
        }
    }

    /// Everything shown so far as an SVG image of a terminal.
    pub(crate) fn picture(&self) -> String {
        let columns = self
            .lines
            .iter()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0)
            .max(80);
        let (width, height) = (columns * 9 + 32, self.lines.len() * 19 + 32);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-label=\"Terminal output of cargo xtask demo\">\n\
             <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n\
             <g font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
        );
        for (row, line) in self.lines.iter().enumerate() {
            let y = row * 19 + 30;
            let text = line
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            writeln!(
                svg,
                "<text x=\"16\" y=\"{y}\" fill=\"{}\">{text}</text>",
                tone(line).1
            )
            .expect("writing to a String never fails");
        }
        svg.push_str("</g>\n</svg>\n");
        svg
    }
}

/// The ANSI and the SVG colour of a line, by the mark it carries.
fn tone(line: &str) -> (&'static str, &'static str) {
    match line {
        _ if line.contains('✗') => ("31", "#ff7a7a"),
        _ if line.contains('✓') => ("32", "#7ddc8a"),
        _ if line.contains('▶') => ("36", "#7cc7ff"),
        _ if line.contains('◆') => ("35", "#d6a2ff"),
        _ if line.contains('↻') => ("33", "#ffd479"),
        _ => ("0", "#e6e6e6"),
    }
}

fn coloured(line: &str) -> String {
    format!("\x1b[{}m{line}\x1b[0m", tone(line).0)
}
