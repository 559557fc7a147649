//! Interruptions: questions to people. Whoever submits first wins; each is independent of all others.

use regatta_core::engine::Effect;
use regatta_core::engine::event::{Answer as Choice, Cell, InterruptionId};
use regatta_core::engine::plan::{Plan, StepIx};
use regatta_core::permission::{Permission, Scope};
use regatta_store::{Conn, Document, Order, Query};
use serde_json::{Value, json};

use crate::activity::wire::{cell_fields, reason_text};
use crate::call::{Call, ok};
use crate::driver::interruption::{Interruption, KIND};
use crate::driver::{Given, Refused};
use crate::error::ApiError;
use crate::http::task::{not_done, person, refused};
use crate::operation::{Access, Answer, Operation, Place, get, post, put};
use crate::page::page;
use crate::scope;
use crate::shape::{Object, Shape, TEXT, field};
use crate::time_text::iso;

static SUBMIT: Object = Object {
    name: "InterruptionSubmit",
    fields: &[
        field("Instructions", TEXT),
        field("Notes", TEXT).max(10_000),
        field("Result", TEXT).about("Proceed or Abort, for a manual intervention."),
        field("Guidance", TEXT).about("Retry, Ignore, Fail or Exclude, for a failure."),
        field(
            "FailurePolicy",
            Shape::Word(&["FinishBranches", "StartNothingNew", "CancelRunning"]),
        )
        .about("With Fail or Abort: what happens to unrelated steps, instead of what the project says."),
    ],
};

/// The operations on interruptions. What may be seen depends on the task's project, environment and tenant,
/// and who may answer on the responsible teams, so each handler checks.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let (space, signed) = (Place::Space, Access::SignedIn);
    vec![
        get("interruptionList", space, "/interruptions", signed, list).query(&[
            "skip",
            "take",
            "regarding",
            "pendingOnly",
            "ids",
        ]),
        get("interruptionGet", space, "/interruptions/{id}", signed, one),
        get(
            "interruptionResponsible",
            space,
            "/interruptions/{id}/responsible",
            signed,
            responsible,
        ),
        put(
            "interruptionTake",
            space,
            "/interruptions/{id}/responsible",
            signed,
            take,
        ),
        get(
            "interruptionEffects",
            space,
            "/interruptions/{id}/effects",
            signed,
            effects,
        )
        .summary("What each answer would do to the other steps now, by the engine itself."),
        post(
            "interruptionSubmit",
            space,
            "/interruptions/{id}/submit",
            signed,
            submit,
        )
        .body(&SUBMIT),
    ]
}

async fn list(call: Call) -> Answer {
    let mut query = Query {
        kind: KIND.into(),
        space_id: Some(Some(call.space_id().to_owned())),
        ids: call.query.list("ids")?,
        order: Order::Newest,
        ..Query::default()
    };
    if let Some(regarding) = call.query.list("regarding")? {
        query.tags.extend(
            regarding
                .into_iter()
                .map(|id| vec![format!("regarding:{id}")]),
        );
    }
    if call.query.flag("pendingOnly")?.unwrap_or(false) {
        query.tags.push(vec!["pending:true".to_owned()]);
    }
    query.within = visible(&call).await?;
    let (skip, take) = call.query.window()?;
    (query.skip, query.take) = (skip, Some(take));
    let mut conn = call.read().await?;
    let found = conn.documents(&query).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for document in &found.items {
        let question = parse(document)?;
        let allowed = scope_of(&mut conn, &question).await?;
        items.push(view(&call, &question, &allowed));
    }
    Ok(ok(page(
        "Interruption",
        items,
        found.total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

/// [`may_view`] as tags, so that the database can page: all of a grant's restrictions by `InterruptionView`, and
/// with the weaker permission one of the caller's teams beside them.
async fn visible(call: &Call) -> Result<Option<Vec<Vec<Vec<String>>>>, ApiError> {
    let regarding = |lists: Vec<Vec<String>>| -> Vec<Vec<String>> {
        let tag = |id: String| format!("regarding:{id}");
        let tags = lists.into_iter();
        tags.map(|ids| ids.into_iter().map(tag).collect()).collect()
    };
    let Some(all) = call.within(Permission::InterruptionView).await? else {
        return Ok(None);
    };
    let mut within: Vec<_> = all.into_iter().map(regarding).collect();
    let own = Permission::InterruptionViewSubmitResponsible;
    let held = call.caller.holds_somewhere(own, Some(call.space_id()));
    let responsible = match call.within(own).await? {
        None if held => vec![Vec::new()],
        None => Vec::new(),
        Some(all) => all,
    };
    let teams = call.caller.teams().into_iter().chain([""]);
    let teams: Vec<String> = teams.map(|team| format!("team:{team}")).collect();
    within.extend(responsible.into_iter().map(|lists| {
        let mut lists = regarding(lists);
        lists.push(teams.clone());
        lists
    }));
    Ok(Some(within))
}

async fn one(call: Call) -> Answer {
    let (question, allowed) = find(&call).await?;
    Ok(ok(view(&call, &question, &allowed)))
}

async fn responsible(call: Call) -> Answer {
    let (question, _) = find(&call).await?;
    user(&call, question.responsible_user_id.as_deref()).await
}

async fn take(call: Call) -> Answer {
    let (question, allowed) = find(&call).await?;
    check_may_answer(&call, &question, &allowed)?;
    let id = InterruptionId(question.id.clone());
    let taken = call
        .app
        .driver()
        .take_responsibility(&question.task_id, id, person(&call))
        .await;
    let taken = match taken {
        Ok(taken) => taken,
        Err(error) => return Err(not_changed(&call, &error).await),
    };
    user(&call, taken.responsible_user_id.as_deref()).await
}

async fn submit(mut call: Call) -> Answer {
    let form = call.json().await?;
    let (question, allowed) = find(&call).await?;
    check_may_answer(&call, &question, &allowed)?;
    let mine = question.responsible_user_id.as_deref() == call.caller.user_id();
    if question.is_pending() && !mine {
        return Err(match &question.responsible_user_id {
            Some(other) => {
                let known = call.caller.directory.user(other);
                let name = known.map_or_else(|| other.clone(), |user| user.username.clone());
                ApiError::conflict("NotResponsible", format!("{name} is responsible for this."))
                    .help("Take it over first.")
            }
            None => ApiError::conflict("NotResponsible", "Nobody is responsible for this yet.")
                .help("Take responsibility first."),
        });
    }
    let text = |key: &str| {
        form.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let field = question.choice_field();
    let given = [text(field), text("Result"), text("Guidance")]
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let answer = question
        .choice(&given)
        .ok_or_else(|| wrong_choice(&question, field, &given))?;
    let (display_name, email) = person_names(&call).await?;
    let given = Given {
        answer,
        failure_policy: serde_json::from_value(form["FailurePolicy"].clone()).ok(),
        notes: text("Notes"),
        by: person(&call),
        display_name,
        email,
    };
    let id = InterruptionId(question.id.clone());
    let answered = call.app.driver().answer(&question.task_id, id, given).await;
    let answered = match answered {
        Ok(answered) => answered,
        Err(error) => return Err(not_changed(&call, &error).await),
    };
    Ok(ok(view(&call, &answered, &allowed)))
}

/// A task that ended meanwhile is open nowhere: then what is stored says who was first.
async fn not_changed(call: &Call, error: &Refused) -> ApiError {
    if *error != Refused::Lost {
        return refused(error);
    }
    match find(call).await {
        Ok((question, _)) if !question.is_pending() => {
            refused(&Refused::Closed(question.closed_by(call.now())))
        }
        Ok((question, _)) => not_done(call, &question.task_id, error).await,
        Err(unreadable) => unreadable,
    }
}

/// Of a question that is closed already there are none.
async fn effects(call: Call) -> Answer {
    let (question, _) = find(&call).await?;
    let mut conn = call.read().await?;
    let folded = call.app.runs.get(&mut conn, &question.task_id).await?;
    let Some(folded) = folded.filter(|_| question.is_pending()) else {
        return Ok(ok(json!({"Items": []})));
    };
    let world = crate::http::task::world_of(&call, &mut conn, &question.task_id, &folded).await?;
    drop(conn);
    let id = InterruptionId(question.id.clone());
    let effects = folded.run.effects(&id, call.now(), &world);
    let plan = &folded.frozen.plan;
    let items: Vec<Value> = effects
        .iter()
        .map(|effect| effect_body(plan, effect))
        .collect();
    Ok(ok(
        json!({"AsOf": folded.seq(), "DefaultFailurePolicy": folded.run.failure_policy(), "Items": items}),
    ))
}

fn effect_body(plan: &Plan, effect: &Effect) -> Value {
    let slug = |step: &StepIx| plan.steps[step.0 as usize].slug.as_str();
    let slugs = |steps: &[StepIx]| steps.iter().map(slug).collect::<Vec<_>>();
    let cells = |cells: &[Cell]| {
        let cells = cells.iter().map(|cell| cell_fields(plan, *cell));
        cells.collect::<Vec<_>>()
    };
    json!({
        "Choice": crate::driver::interruption::answer_name(effect.choice.answer),
        "FailurePolicy": effect.choice.failure_policy,
        "Text": effect.text(plan),
        "Starts": cells(&effect.starts),
        "Stops": cells(&effect.stops),
        "Withdraws": cells(&effect.withdraws),
        "Skips": effect.skips.iter().map(|(step, reason)| json!({
            "StepSlug": slug(step), "Message": reason_text(plan, reason),
        })).collect::<Vec<_>>(),
        "GoesOn": slugs(&effect.goes_on),
        "StillWaits": slugs(&effect.still_waits),
        "WillNotRun": slugs(&effect.will_not_run),
        "WithoutMachine": slugs(&effect.without_machine),
        "EndsTask": effect.ends,
    })
}

fn wrong_choice(question: &Interruption, field: &str, given: &str) -> ApiError {
    let choices: Vec<&str> = question
        .choices
        .iter()
        .map(|choice: &Choice| crate::driver::interruption::answer_name(*choice))
        .collect();
    ApiError::invalid_one(format!(
        "{field}: '{given}' is none of {}.",
        choices.join(", ")
    ))
}

fn parse(document: &Document) -> Result<Interruption, ApiError> {
    serde_json::from_str(&document.body).map_err(ApiError::internal)
}

async fn find(call: &Call) -> Result<(Interruption, Scope), ApiError> {
    let mut conn = call.read().await?;
    let id = call.parameter("id");
    let document = call.find(&mut conn, KIND, id).await?;
    let question = parse(&document)?;
    let allowed = scope_of(&mut conn, &question).await?;
    if may_view(call, &question, &allowed) {
        return Ok((question, allowed));
    }
    Err(call.caller.refusal(Permission::InterruptionView, &allowed))
}

async fn scope_of(conn: &mut Conn, question: &Interruption) -> Result<Scope, ApiError> {
    let with = |prefix: &str| question.related.iter().find(|id| id.starts_with(prefix));
    let mut wanted = match with("Projects-") {
        Some(project) => scope::of_project(conn, Some(&question.space_id), project).await?,
        None => scope::of_space(Some(&question.space_id)),
    };
    wanted.environments = with("Environments-")
        .and_then(|id| id.parse().ok())
        .into_iter()
        .collect();
    let tenant = with("Tenants-").and_then(|id| id.parse().ok());
    wanted.tenants = tenant.into_iter().collect();
    Ok(wanted)
}

fn in_responsible_team(call: &Call, question: &Interruption) -> bool {
    let teams = call.caller.teams();
    question.responsible_team_ids.is_empty()
        || question
            .responsible_team_ids
            .iter()
            .any(|team| teams.contains(&team.as_str()))
}

fn may_view(call: &Call, question: &Interruption, allowed: &Scope) -> bool {
    let own = call
        .caller
        .may(Permission::InterruptionViewSubmitResponsible, allowed)
        && in_responsible_team(call, question);
    own || call.caller.may(Permission::InterruptionView, allowed)
}

fn may_answer(call: &Call, question: &Interruption, allowed: &Scope) -> bool {
    let own = call
        .caller
        .may(Permission::InterruptionViewSubmitResponsible, allowed)
        && in_responsible_team(call, question);
    own || call.caller.may(Permission::InterruptionSubmit, allowed)
}

fn check_may_answer(call: &Call, question: &Interruption, allowed: &Scope) -> Result<(), ApiError> {
    if may_answer(call, question, allowed) {
        Ok(())
    } else {
        Err(call.caller.refusal(Permission::InterruptionSubmit, allowed))
    }
}

async fn person_names(call: &Call) -> Result<(String, String), ApiError> {
    let Some(id) = call.caller.user_id() else {
        return Ok(Default::default());
    };
    let user = call.read().await?.document("Users", id).await?;
    let body = user
        .as_ref()
        .map(crate::resource::read::body)
        .unwrap_or_default();
    let text = |key: &str| {
        body.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Ok((text("DisplayName"), text("EmailAddress")))
}

/// The user as Octopus' clients read it here; an empty object when nobody is responsible.
async fn user(call: &Call, id: Option<&str>) -> Answer {
    let Some(id) = id else {
        return Ok(ok(json!({})));
    };
    let known = call.caller.directory.user(id);
    Ok(ok(match known {
        Some(user) => {
            json!({"Id": user.id, "Username": user.username, "DisplayName": user.display_name, "IsActive": user.is_active, "IsService": user.is_service})
        }
        None => json!({"Id": id}),
    }))
}

fn view(call: &Call, question: &Interruption, allowed: &Scope) -> Value {
    let own = format!("/api/{}/interruptions/{}", question.space_id, question.id);
    let mine = question.responsible_user_id.is_some()
        && question.responsible_user_id.as_deref() == call.caller.user_id();
    json!({
        "Id": question.id,
        "SpaceId": question.space_id,
        "Title": question.title,
        "Type": question.type_name(),
        "Created": iso(question.created_at),
        "IsPending": question.is_pending(),
        "Form": question.form(),
        "RelatedDocumentIds": question.related,
        "ResponsibleTeamIds": question.responsible_team_ids,
        "ResponsibleUserId": question.responsible_user_id,
        "CanTakeResponsibility": question.is_pending() && may_answer(call, question, allowed),
        "HasResponsibility": mine,
        "TaskId": question.task_id,
        "AnsweredBy": question.answered.as_ref().map(|answered| answered.username.as_str()),
        "AnsweredAt": question.answered.as_ref().map(|answered| iso(answered.at)),
        "CorrelationId": question.correlation_id,
        "IsLinkedToOtherInterruption": false,
        "Links": {"Self": own, "Submit": format!("{own}/submit"), "Responsible": format!("{own}/responsible"), "Effects": format!("{own}/effects")},
    })
}
