//! One task.

use super::{access, body};
use crate::call::{Call, ok};
use crate::operation::Answer;

pub(super) async fn get(call: Call) -> Answer {
    let task = access::task(&call, &mut Box::new(call.read().await?)).await?;
    Ok(ok(body::task(&task, call.now())))
}
