//! What a deployment, or a runbook run, would run where, before anybody starts it. The call's document is what would
//! be brought there: a release, a runbook's snapshot, or a runbook as it is being edited.

use regatta_core::deployment::DeploymentChoices;
use serde_json::{Map, Value, json};

use crate::call::{Call, ok};
use crate::driver::plan_input::PlanInput;
use crate::error::ApiError;
use crate::operation::Answer;

pub(in crate::http) async fn one(call: Call) -> Answer {
    let with_disabled = call.query.flag("includeDisabledSteps")?.unwrap_or(false);
    let environment = call.parameter("environment").to_owned();
    let subject = &call.document().id;
    Ok(ok(preview(
        &call,
        subject,
        (&environment, None),
        with_disabled,
    )
    .await?))
}

pub(in crate::http) async fn one_for_tenant(call: Call) -> Answer {
    let with_disabled = call.query.flag("includeDisabledSteps")?.unwrap_or(false);
    let [environment, tenant] =
        ["environment", "tenant"].map(|name| call.parameter(name).to_owned());
    let subject = &call.document().id;
    let place = (environment.as_str(), Some(tenant.as_str()));
    Ok(ok(preview(&call, subject, place, with_disabled).await?))
}

pub(in crate::http) async fn several(mut call: Call) -> Answer {
    let body = call.json().await?;
    let subject = call.document().id.clone();
    previews(&call, &subject, &body).await
}

pub(in crate::http) async fn previews(call: &Call, subject: &str, body: &Value) -> Answer {
    let with_disabled = body["IncludeDisabledSteps"].as_bool().unwrap_or(false);
    let mut previews = Vec::new();
    for wanted in body["DeploymentPreviews"].as_array().into_iter().flatten() {
        let environment = wanted["EnvironmentId"].as_str().unwrap_or_default();
        let tenant = wanted["TenantId"].as_str().filter(|id| !id.is_empty());
        previews.push(preview(call, subject, (environment, tenant), with_disabled).await?);
    }
    Ok(ok(Value::Array(previews)))
}

pub(in crate::http) async fn preview(
    call: &Call,
    subject: &str,
    (environment, tenant): (&str, Option<&str>),
    with_disabled: bool,
) -> Result<Value, ApiError> {
    let mut conn = call.read().await?;
    let tenant = match tenant {
        Some(tenant) => Some(call.find(&mut conn, "Tenants", tenant).await?.id),
        None => None,
    };
    let environment = call.find(&mut conn, "Environments", environment).await?;
    let input = PlanInput::load(&mut conn, subject, &environment.id)
        .await?
        .for_tenant(&mut conn, &call.app.vault, tenant.as_deref())
        .await
        .map_err(ApiError::internal)?;
    let evaluate = input
        .values
        .evaluator(&input, &Map::new(), &call.app.vault, call.now());
    let steps = input.preview(&DeploymentChoices::default(), &evaluate, with_disabled);
    let steps = steps.map_err(|error| ApiError::invalid_one(error.to_string()))?;
    Ok(json!({
        "Form": input.values.prompt_form(&input),
        "StepsToExecute": steps,
        "UseGuidedFailureModeByDefault": input.guided_by_default(),
        "Links": {},
    }))
}
