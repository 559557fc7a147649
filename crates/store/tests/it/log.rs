//! Logs: what was acknowledged is read, whatever happens to the process or the disk.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use regatta_core::log::LogLevel;
use regatta_core::time::Time;
use regatta_store::log::{
    LogBatch, LogError, LogFilter, LogLine, LogRange, LogSearch, LogSource, LogStore, NewLine,
    StreamPart,
};
use tempfile::TempDir;

const TASK: &str = "ServerTasks-1";

pub(crate) fn batch(step: &str, texts: &[&str]) -> LogBatch {
    let source = LogSource {
        step: Some(step.to_owned()),
        attempt: 1,
        ..LogSource::default()
    };
    let line = |text: &&str| NewLine {
        at: Time(1_000),
        level: LogLevel::Info,
        text: (*text).to_owned(),
    };
    LogBatch {
        source,
        stream: None,
        lines: texts.iter().map(line).collect(),
    }
}

fn part(ticket: &str, offset: u64, text: &str) -> LogBatch {
    let stream = StreamPart {
        ticket: ticket.to_owned(),
        offset,
        length_bytes: text.len() as u64,
    };
    LogBatch {
        stream: Some(stream),
        ..batch("build", &[text])
    }
}

fn plain(text: &str) -> LogSearch {
    LogSearch {
        text: text.to_owned(),
        ..LogSearch::default()
    }
}

pub(crate) async fn all(logs: &LogStore) -> (Vec<String>, Vec<RangeInclusive<u64>>) {
    let range = LogRange::From {
        number: 1,
        take: usize::MAX,
    };
    let page = logs.read(TASK, range, LogFilter::default()).await.unwrap();
    for pair in page.lines.windows(2) {
        assert!(pair[0].number < pair[1].number);
    }
    (
        page.lines.into_iter().map(|line| line.text).collect(),
        page.damaged,
    )
}

fn numbers(lines: &[LogLine]) -> Vec<u64> {
    lines.iter().map(|line| line.number).collect()
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join(TASK))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn lines_are_numbered_followed_and_read_in_parts() {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    let head = logs.follow(TASK).await.unwrap();
    assert_eq!(*head.borrow(), 0);
    for number in 0..100 {
        let texts = [
            format!("line {number}"),
            "second".to_owned(),
            "third".to_owned(),
        ];
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let step = if number % 2 == 0 { "build" } else { "test" };
        assert_eq!(
            logs.append(TASK, batch(step, &texts)).await.unwrap(),
            (number + 1) * 3
        );
    }
    assert_eq!(*head.borrow(), 300);

    let read = async |range, filter| logs.read(TASK, range, filter).await.unwrap();
    let any = LogFilter::default;
    let page = read(LogRange::From { number: 5, take: 3 }, any()).await;
    assert_eq!(
        (numbers(&page.lines), page.last_number),
        (vec![5, 6, 7], 300)
    );
    let tail = read(
        LogRange::Before {
            number: u64::MAX,
            take: 2,
        },
        any(),
    )
    .await;
    assert_eq!(numbers(&tail.lines), vec![299, 300]);
    let before = read(
        LogRange::Before {
            number: 3,
            take: 10,
        },
        any(),
    )
    .await;
    assert_eq!(numbers(&before.lines), vec![1, 2]);
    let beyond = read(
        LogRange::From {
            number: 301,
            take: 10,
        },
        any(),
    )
    .await;
    assert_eq!(numbers(&beyond.lines), Vec::<u64>::new());
    let tests = LogFilter {
        step: Some("test".to_owned()),
        ..any()
    };
    let of_step = read(LogRange::From { number: 1, take: 4 }, tests.clone()).await;
    assert_eq!(numbers(&of_step.lines), vec![4, 5, 6, 10]);
    let last_of_step = read(
        LogRange::Before {
            number: 300,
            take: 2,
        },
        tests,
    )
    .await;
    assert_eq!(numbers(&last_of_step.lines), vec![298, 299]);
    let none = LogFilter {
        attempt: Some(2),
        ..any()
    };
    assert_eq!(
        read(LogRange::From { number: 1, take: 4 }, none)
            .await
            .lines,
        vec![]
    );
}

#[tokio::test]
async fn levels_filter_and_texts_are_found_in_any_case() {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    let mut lines = batch(
        "build",
        &[
            "all is well",
            "WARNING: disk",
            "it failed: Größe",
            "warning again",
        ],
    );
    lines.lines[1].level = LogLevel::Warning;
    lines.lines[2].level = LogLevel::Error;
    logs.append(TASK, lines).await.unwrap();
    let warnings = LogFilter {
        level_min: Some(LogLevel::Warning),
        ..LogFilter::default()
    };
    let page = logs
        .read(
            TASK,
            LogRange::From {
                number: 1,
                take: 10,
            },
            warnings.clone(),
        )
        .await
        .unwrap();
    assert_eq!(numbers(&page.lines), vec![2, 3]);
    let gaps = LogFilter {
        level_min: Some(LogLevel::Gap),
        ..LogFilter::default()
    };
    assert_eq!(
        logs.read(
            TASK,
            LogRange::From {
                number: 1,
                take: 10
            },
            gaps
        )
        .await
        .unwrap()
        .lines,
        vec![]
    );

    let found = logs
        .search(TASK, plain("Warning"), LogFilter::default(), 1)
        .await
        .unwrap();
    assert_eq!((found.total, found.numbers), (2, vec![2]));
    assert_eq!(
        logs.search(TASK, plain("warning"), warnings, 10)
            .await
            .unwrap()
            .numbers,
        vec![2]
    );
    assert_eq!(
        logs.search(TASK, plain("GRÖSSE"), LogFilter::default(), 10)
            .await
            .unwrap()
            .total,
        0
    );
    assert_eq!(
        logs.search(TASK, plain("GRÖßE"), LogFilter::default(), 10)
            .await
            .unwrap()
            .numbers,
        vec![3]
    );
    assert_eq!(
        logs.search(TASK, plain(".*"), LogFilter::default(), 10)
            .await
            .unwrap()
            .total,
        0,
        "a text, not a pattern"
    );
}

#[tokio::test]
async fn output_is_stored_once_and_without_gaps() {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    assert_eq!(logs.append(TASK, part("t1", 0, "abc")).await.unwrap(), 1);
    assert_eq!(
        logs.append(TASK, part("t1", 0, "abc")).await.unwrap(),
        1,
        "sent again after a lost answer"
    );
    assert_eq!(logs.append(TASK, part("t2", 0, "other")).await.unwrap(), 2);
    for offset in [2, 7] {
        let error = logs
            .append(TASK, part("t1", offset, "def"))
            .await
            .unwrap_err();
        assert!(
            matches!(error, LogError::Gap { expected: 3, .. }),
            "{error}"
        );
    }
    assert_eq!(logs.append(TASK, part("t1", 3, "def")).await.unwrap(), 3);
    drop(logs);
    let logs = LogStore::open(folder.path()).unwrap();
    assert_eq!(logs.stream_end(TASK, "t1").await.unwrap(), 6);
    assert_eq!(logs.stream_end(TASK, "t9").await.unwrap(), 0);
    assert_eq!(logs.append(TASK, part("t1", 3, "def")).await.unwrap(), 3);
    assert_eq!(all(&logs).await.0, vec!["abc", "other", "def"]);
}

#[tokio::test]
async fn many_writers_of_one_log_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let logs = logs.clone();
        writers.spawn(async move {
            for offset in 0..50 {
                // Everything is sent twice at once.
                let text = "x";
                let (first, second) = tokio::join!(
                    logs.append(TASK, part(&format!("t{writer}"), offset, text)),
                    logs.append(TASK, part(&format!("t{writer}"), offset, text)),
                );
                assert!(first.is_ok() && second.is_ok());
            }
        });
    }
    writers.join_all().await;
    assert_eq!(all(&logs).await.0.len(), 400);
}

#[tokio::test]
async fn a_sealed_log_is_found_by_its_index_and_may_still_grow() {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    logs.append(TASK, part("t1", 0, "abc")).await.unwrap();
    logs.seal(TASK).await.unwrap();
    drop(logs);
    let logs = LogStore::open(folder.path()).unwrap();
    assert_eq!(all(&logs).await.0, vec!["abc"]);
    assert_eq!(logs.append(TASK, part("t1", 3, "late")).await.unwrap(), 2);
    drop(logs);
    let logs = LogStore::open(folder.path()).unwrap();
    assert_eq!(all(&logs).await.0, vec!["abc", "late"]);
    logs.delete(TASK).await.unwrap();
    assert_eq!(all(&logs).await.0, Vec::<String>::new());
    assert_eq!(logs.append(TASK, part("t1", 0, "new")).await.unwrap(), 1);
}

#[tokio::test]
async fn a_name_that_is_no_task_is_refused() {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    for name in ["", "..", "a/b", "../ServerTasks-1"] {
        assert!(
            matches!(logs.follow(name).await, Err(LogError::InvalidTask(_))),
            "{name}"
        );
    }
}

#[tokio::test]
async fn raw_text_shows_time_level_and_source() {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    logs.append(TASK, batch("build", &["one", "two"]))
        .await
        .unwrap();
    let mut lines = batch("test", &["three"]);
    lines.lines[0] = NewLine {
        at: Time(86_399_999),
        level: LogLevel::Warning,
        text: "three".to_owned(),
    };
    lines.source.target = Some("Machines-1".to_owned());
    lines.source.attempt = 2;
    logs.append(TASK, lines).await.unwrap();
    let mut raw = logs.raw(TASK);
    insta::assert_snapshot!(raw.next().await.unwrap().unwrap());
    assert_eq!(raw.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_half_written_end_is_cut_off_and_kept_aside() {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    logs.append(TASK, batch("build", &["one"])).await.unwrap();
    let path = &segments(folder.path())[0];
    let first = fs::metadata(path).unwrap().len();
    logs.append(TASK, batch("build", &["two"])).await.unwrap();
    drop(logs);
    let bytes = fs::read(path).unwrap();
    for length in first..bytes.len() as u64 {
        fs::write(path, &bytes[..usize::try_from(length).unwrap()]).unwrap();
        let logs = LogStore::open(folder.path()).unwrap();
        assert_eq!(all(&logs).await, (vec!["one".to_owned()], vec![]));
        assert_eq!(
            logs.append(TASK, batch("build", &["again"])).await.unwrap(),
            2
        );
        assert_eq!(all(&logs).await.0, vec!["one", "again"]);
    }
    let torn = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().contains("torn");
    assert!(
        fs::read_dir(folder.path().join(TASK))
            .unwrap()
            .any(|entry| torn(&entry.unwrap()))
    );
}

/// Flips one bit at a time; every line is then either as it was or told to be damaged.
async fn flip_everywhere(is_sealed: bool, is_open: bool) {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    let texts: Vec<_> = (1..=20).map(|number| format!("line {number}")).collect();
    for text in &texts {
        logs.append(TASK, batch("build", &[text])).await.unwrap();
    }
    if is_sealed {
        logs.seal(TASK).await.unwrap();
    }
    let path = &segments(folder.path())[0];
    let bytes = fs::read(path).unwrap();
    let last_frame = bytes.len() - bytes.len() / texts.len();
    // The end of a log that was not sealed cannot be told from a write that a crash interrupted.
    let end = if is_sealed || is_open {
        bytes.len()
    } else {
        last_frame
    };
    for at in (0..end).step_by(7) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(path, flipped).unwrap();
        let logs = if is_open {
            logs.clone()
        } else {
            LogStore::open(folder.path()).unwrap()
        };
        let range = LogRange::From {
            number: 1,
            take: usize::MAX,
        };
        let page = logs.read(TASK, range, LogFilter::default()).await.unwrap();
        assert_eq!((page.lines.len(), page.damaged.len()), (19, 1), "byte {at}");
        for line in &page.lines {
            let index = usize::try_from(line.number - 1).unwrap();
            assert_eq!(line.text, texts[index], "byte {at}");
            assert!(!page.damaged[0].contains(&line.number));
        }
        let found = logs
            .search(TASK, plain("line"), LogFilter::default(), 100)
            .await
            .unwrap();
        assert_eq!((found.total, found.damaged), (19, page.damaged));
    }
}

#[tokio::test]
async fn flipped_bits_are_found_while_the_log_is_open() {
    flip_everywhere(false, true).await;
}

#[tokio::test]
async fn flipped_bits_are_found_when_the_log_is_opened() {
    flip_everywhere(false, false).await;
}

#[tokio::test]
async fn flipped_bits_of_a_sealed_log_are_found() {
    flip_everywhere(true, false).await;
}

#[derive(Debug, Clone)]
enum Act {
    Append { step: u8, lines: Vec<(u8, String)> },
    Reopen { seal: bool },
}

fn act() -> impl Strategy<Value = Act> {
    let line = (0_u8..3, "[a-zä\\x00-\\x1f\u{89}]{0,40}");
    prop_oneof![
        8 => (0_u8..4, prop::collection::vec(line, 0..6)).prop_map(|(step, lines)| Act::Append { step, lines }),
        1 => any::<bool>().prop_map(|seal| Act::Reopen { seal }),
    ]
}

const LEVELS: [LogLevel; 3] = [LogLevel::Verbose, LogLevel::Info, LogLevel::Error];

/// The log as a plain list.
fn expected(
    model: &[(u8, LogLevel, String)],
    step: Option<u8>,
    level: LogLevel,
) -> impl DoubleEndedIterator<Item = (u64, &str)> {
    let numbered = model
        .iter()
        .enumerate()
        .map(|(index, line)| (index as u64 + 1, line));
    let wanted =
        numbered.filter(move |(_, line)| step.is_none_or(|step| step == line.0) && line.1 >= level);
    wanted.map(|(number, line)| (number, line.2.as_str()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is appended, in whatever order with restarts: reading gives what a plain list would.
    #[test]
    fn a_log_reads_as_it_was_written(
        acts in prop::collection::vec(act(), 1..40),
        number in 0_u64..80,
        take in 0_usize..20,
        step in prop::option::of(0_u8..4),
        level in prop::sample::select(LEVELS.to_vec()),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = TempDir::new().unwrap();
            let mut logs = LogStore::open(folder.path()).unwrap();
            let mut model = Vec::new();
            for act in acts {
                match act {
                    Act::Append { step, lines } => {
                        let mut new = batch(&step.to_string(), &[]);
                        for (level, text) in lines {
                            let level = LEVELS[usize::from(level)];
                            new.lines.push(NewLine { at: Time(1), level, text: text.clone() });
                            model.push((step, level, text));
                        }
                        assert_eq!(logs.append(TASK, new).await.unwrap(), model.len() as u64);
                    }
                    Act::Reopen { seal } => {
                        if seal {
                            logs.seal(TASK).await.unwrap();
                        }
                        drop(logs);
                        logs = LogStore::open(folder.path()).unwrap();
                    }
                }
            }
            let filter = LogFilter {
                step: step.map(|step| step.to_string()),
                level_min: Some(level),
                ..LogFilter::default()
            };
            let read = async |range| {
                let page = logs.read(TASK, range, filter.clone()).await.unwrap();
                assert_eq!((page.last_number, page.damaged), (model.len() as u64, vec![]));
                page.lines.into_iter().map(|line| (line.number, line.text)).collect::<Vec<_>>()
            };
            let own = |(number, text): (u64, &str)| (number, text.to_owned());
            let from = expected(&model, step, level).filter(|line| line.0 >= number).take(take).map(own);
            assert_eq!(read(LogRange::From { number, take }).await, from.collect::<Vec<_>>());
            let before = expected(&model, step, level).rev().filter(|line| line.0 < number).take(take).map(own);
            let mut before: Vec<_> = before.collect();
            before.reverse();
            assert_eq!(read(LogRange::Before { number, take }).await, before);
            let with_a = expected(&model, step, level).filter(|line| line.1.contains('a')).count();
            assert_eq!(logs.search(TASK, plain("A"), filter.clone(), 5).await.unwrap().total, with_a as u64);
        });
    }
}

/// 120,000 lines of two sources: counted, searched by expression, read at any place, and the same after a restart.
#[tokio::test]
async fn a_long_log_is_counted_searched_and_read_at_any_line() {
    let folder = TempDir::new().unwrap();
    let logs = LogStore::open(folder.path()).unwrap();
    for chunk in 0..60_u64 {
        for (step, level) in [("build", LogLevel::Info), ("test", LogLevel::Error)] {
            let mut batch = batch(step, &[]);
            batch.lines = (0..1_000)
                .map(|line| NewLine {
                    at: Time(1_000),
                    level: if line == 999 { level } else { LogLevel::Info },
                    text: format!("{step} {chunk}.{line} done"),
                })
                .collect();
            logs.append(TASK, batch).await.unwrap();
        }
    }
    for logs in [logs, LogStore::open(folder.path()).unwrap()] {
        let later = logs.tallies(TASK, 119_000).await.unwrap();
        assert_eq!((later.last_number, later.sources.len()), (120_000, 1));
        let tallies = logs.tallies(TASK, 0).await.unwrap();
        let told: Vec<_> = tallies
            .sources
            .iter()
            .map(|(source, tally)| {
                let step = source.step.clone().unwrap();
                (
                    step,
                    tally.lines,
                    tally.errors,
                    tally.first_error_number,
                    tally.last_number,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("build".to_owned(), 60_000, 0, 0, 119_000),
                ("test".to_owned(), 60_000, 60, 2_000, 120_000)
            ]
        );
        let range = LogRange::From {
            number: 73_124,
            take: 2,
        };
        let page = logs.read(TASK, range, LogFilter::default()).await.unwrap();
        let texts: Vec<_> = page
            .lines
            .iter()
            .map(|line| (line.number, line.text.as_str()))
            .collect();
        assert_eq!(
            texts,
            [(73_124, "test 36.123 done"), (73_125, "test 36.124 done")]
        );
        let expression = |text: &str, is_case_sensitive| LogSearch {
            text: text.to_owned(),
            is_regex: true,
            is_case_sensitive,
        };
        let find = async |search| logs.search(TASK, search, LogFilter::default(), 3).await;
        let found = find(expression(r"^BUILD \d+\.7 DONE$", false))
            .await
            .unwrap();
        assert_eq!((found.total, found.numbers), (60, vec![8, 2_008, 4_008]));
        assert_eq!(found.stopped_at, None);
        assert_eq!(find(expression("^BUILD", true)).await.unwrap().total, 0);
        let exact = LogSearch {
            is_case_sensitive: true,
            ..plain("Done")
        };
        assert_eq!(find(exact).await.unwrap().total, 0);
        let slow = expression("(a*)*b", false);
        assert_eq!(find(slow).await.unwrap().total, 60_000, "build has a b");
        for wrong in ["(", "(?:a{1000}){1000}"] {
            let refused = find(expression(wrong, false)).await;
            assert!(matches!(refused, Err(LogError::Pattern(_))), "{wrong}");
        }
    }
}
