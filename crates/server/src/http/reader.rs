//! Somebody who reads a stream: who they are by now, and when it ends. Not what they are told.
//!
//! A request is judged when it comes; a stream may stay for days. So its reader is judged again while it lasts, and
//! it ends with what its reader signed in with, when its time is over, and when the server stops. Readers come again.

use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _};
use regatta_core::permission::Permission;
use regatta_store::{Conn, Task};
use tokio::time::Instant;

use super::task::access;
use crate::app::App;
use crate::auth::caller::Caller;
use crate::auth::credential;
use crate::call::Call;
use crate::error::ApiError;

/// Then the reader comes again.
const LIFE: Duration = Duration::from_secs(600);

pub(super) struct Reader {
    pub(super) caller: Caller,
    opened_at: Instant,
}

impl Reader {
    pub(super) fn of(call: &Call) -> Self {
        Self {
            caller: call.caller.clone(),
            opened_at: Instant::now(),
        }
    }

    /// Whether the stream has lasted long enough.
    pub(super) fn is_done(&self) -> bool {
        self.opened_at.elapsed() > LIFE
    }

    /// Finds out who the reader is by now; answers whether what they may do may have changed.
    ///
    /// # Errors
    /// 401 when their credential has ended, or they are disabled or gone.
    pub(super) async fn renew(&mut self, app: &App, conn: &mut Conn) -> Result<bool, ApiError> {
        credential::still_holds(app, conn, &self.caller).await?;
        if self.caller.directory.is_current(conn).await? {
            return Ok(false);
        }
        self.caller = self.caller.renewed(conn).await?;
        Ok(true)
    }

    /// Whether the reader may see a task, as it is now.
    pub(super) async fn may_see(&self, conn: &mut Conn, task: &Task) -> Result<bool, ApiError> {
        let scope = access::scope_of(conn, task).await?;
        Ok(self.caller.may(Permission::TaskView, &scope))
    }
}

/// The answer that sends these messages for as long as there are any and the server runs.
pub(super) fn answer<E>(
    app: &App,
    messages: impl Stream<Item = Result<Event, E>> + Send + 'static,
    keep_alive: Duration,
) -> Response
where
    E: Into<axum::BoxError> + 'static,
{
    let messages = messages.take_until(app.stopping.clone().cancelled_owned());
    let stream = Sse::new(messages).keep_alive(KeepAlive::new().interval(keep_alive));
    stream.into_response()
}
