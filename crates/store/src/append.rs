//! Group commit: appends of many tasks that wait at the same time share one transaction and one fsync.
//!
//! There is no timer. An append that comes alone is committed at once; those that come while a commit is under
//! way form the next group. One that is refused does not harm the others: each has its own savepoint.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use regatta_core::engine::event::Seq;

use crate::conn::{Pool, Tx};
use crate::error::StoreError;
use crate::task_event::Append;

/// Appends in one transaction: bounds how long the first of them waits for the last.
const GROUP_MAX: usize = 256;
/// Appends waiting for the writer before callers wait too.
const QUEUE_MAX: usize = 1024;
/// How often a group is repeated after a transient error, and the first pause (it doubles).
const RETRIES_MAX: u32 = 6;
const RETRY_PAUSE: Duration = Duration::from_millis(5);

type Answer = Result<Seq, StoreError>;

struct Waiting {
    append: Append,
    answer: oneshot::Sender<Answer>,
}

/// Hands appends to the writer.
pub(crate) struct Appender(mpsc::Sender<Waiting>);

impl Appender {
    /// Starts the writer; it ends when the last handle is dropped.
    pub(crate) fn start(pool: Pool) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        // Nobody joins it: dropping the sender ends it, and it owns nothing that outlives it.
        drop(tokio::spawn(write_groups(pool, receiver)));
        Self(sender)
    }

    pub(crate) async fn append(&self, append: Append) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.0
            .send(Waiting { append, answer })
            .await
            .map_err(|_| StoreError::Closed)?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

async fn write_groups(pool: Pool, mut queue: mpsc::Receiver<Waiting>) {
    let mut group = Vec::new();
    while queue.recv_many(&mut group, GROUP_MAX).await > 0 {
        let appends: Vec<_> = group.iter().map(|waiting| &waiting.append).collect();
        let answers = write_group_until_sure(&pool, &appends).await;
        for (waiting, answer) in group.drain(..).zip(answers) {
            // A caller that went away does not care; its events are durable all the same.
            drop(waiting.answer.send(answer));
        }
    }
}

/// Repeats the whole group while the database has passing trouble. After a commit whose answer was lost the
/// repetition finds the events in place and answers as the first time.
async fn write_group_until_sure(pool: &Pool, group: &[&Append]) -> Vec<Answer> {
    let mut pause = RETRY_PAUSE;
    for _ in 0..RETRIES_MAX {
        match write_group(pool, group).await {
            Ok(answers) => return answers,
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, appends = group.len(), "writing events again");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            Err(error) => return vec![Err(error); group.len()],
        }
    }
    match write_group(pool, group).await {
        Ok(answers) => answers,
        Err(error) => vec![Err(error); group.len()],
    }
}

/// The error of the outer result concerns the group as a whole, and nothing of it was written.
async fn write_group(pool: &Pool, group: &[&Append]) -> Result<Vec<Answer>, StoreError> {
    let mut tx = pool.begin().await?;
    if let [append] = group {
        let answer = tx.append(append).await;
        return match answer {
            Ok(seq) => tx.commit().await.map(|()| vec![Ok(seq)]),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => Ok(vec![Err(error)]),
        };
    }
    let mut answers = Vec::with_capacity(group.len());
    for append in group {
        answers.push(append_in_savepoint(&mut tx, append).await?);
    }
    tx.commit().await?;
    Ok(answers)
}

async fn append_in_savepoint(tx: &mut Tx, append: &Append) -> Result<Answer, StoreError> {
    tx.execute("SAVEPOINT one_append", Vec::new()).await?;
    let answer = tx.append(append).await;
    match &answer {
        Ok(_) => {}
        Err(error) if error.is_transient() => return Err(error.clone()),
        Err(_) => {
            tx.execute("ROLLBACK TO SAVEPOINT one_append", Vec::new())
                .await?;
        }
    }
    tx.execute("RELEASE SAVEPOINT one_append", Vec::new())
        .await?;
    Ok(answer)
}
