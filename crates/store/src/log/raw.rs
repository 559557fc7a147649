//! A whole log as plain text, for people with `grep` and `less`.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{LogError, LogFilter, LogLine, LogRange, LogSource, LogStore};

/// Lines rendered at once.
const LINES_PER_PIECE: usize = 4096;

/// The text of a log, piece by piece, up to the line that was the last when the reading came there.
pub struct RawLog {
    logs: LogStore,
    task_id: String,
    next_number: u64,
    source: Option<Arc<LogSource>>,
}

impl RawLog {
    pub(super) fn new(logs: LogStore, task_id: &str) -> Self {
        Self {
            logs,
            task_id: task_id.to_owned(),
            next_number: 1,
            source: None,
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn next(&mut self) -> Result<Option<String>, LogError> {
        let range = LogRange::From {
            number: self.next_number,
            take: LINES_PER_PIECE,
        };
        let page = self
            .logs
            .read(&self.task_id, range, LogFilter::default())
            .await?;
        let mut text = String::new();
        let mut damaged = page.damaged.iter().peekable();
        for line in &page.lines {
            while let Some(lost) = damaged.next_if(|lost| *lost.start() < line.number) {
                let _ = writeln!(
                    text,
                    "!! lines {} to {} are damaged on the disk",
                    lost.start(),
                    lost.end()
                );
            }
            self.line(line, &mut text);
        }
        for lost in damaged {
            let _ = writeln!(
                text,
                "!! lines {} to {} are damaged on the disk",
                lost.start(),
                lost.end()
            );
        }
        let last_line = page.lines.last().map_or(0, |line| line.number);
        let last_lost = page.damaged.last().map_or(0, |lost| *lost.end());
        self.next_number = self.next_number.max(last_line.max(last_lost) + 1);
        Ok((!text.is_empty()).then_some(text))
    }

    fn line(&mut self, line: &LogLine, text: &mut String) {
        if self.source.as_ref() != Some(&line.source) {
            heading(&line.source, text);
            self.source = Some(Arc::clone(&line.source));
        }
        let seconds = line.at.0.div_euclid(1000).rem_euclid(24 * 60 * 60);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let level = format!("{:?}", line.level);
        let _ = writeln!(
            text,
            "{hour:02}:{minute:02}:{second:02}   {level:<9}|   {}",
            line.text
        );
    }
}

/// Shown where lines of another source begin.
fn heading(source: &LogSource, text: &mut String) {
    text.push_str("                    | == ");
    text.push_str(source.step.as_deref().unwrap_or("Task"));
    for part in [&source.action, &source.target].into_iter().flatten() {
        let _ = write!(text, " / {part}");
    }
    if source.attempt > 1 {
        let _ = write!(text, " (attempt {})", source.attempt);
    }
    text.push_str(" ==\n");
}
