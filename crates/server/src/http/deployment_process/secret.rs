//! Secrets in the properties of steps and actions: sealed on save, each bound to its step or action and its key.

use regatta_core::process::DeploymentProcess;
use regatta_store::Place as Sealing;

use super::KIND;
use crate::app::App;
use crate::error::ApiError;

/// Seals the new secrets of a process, each bound to its action or step and key.
pub(super) fn seal(app: &App, process: &mut DeploymentProcess) -> Result<(), ApiError> {
    let each = |id: &str,
                properties: &mut regatta_core::property::Properties|
     -> Result<(), ApiError> {
        for (key, secret) in properties.secrets_mut() {
            if let Some(plain) = secret.take_new_value() {
                let place = Sealing {
                    kind: KIND,
                    id,
                    field: key,
                };
                secret.sealed = Some(app.vault.seal(place, &plain).map_err(ApiError::internal)?);
            }
        }
        Ok(())
    };
    for step in &mut process.steps {
        each(&step.id.clone(), &mut step.properties)?;
        for action in &mut step.actions {
            each(&action.id.clone(), &mut action.properties)?;
        }
    }
    Ok(())
}

/// Gives a copied process new ids, and seals its secrets for them.
pub(in crate::http) fn reseal(
    app: &App,
    process: &mut DeploymentProcess,
    source: &str,
) -> Result<(), ApiError> {
    let each = |old: &str,
                new: &str,
                properties: &mut regatta_core::property::Properties|
     -> Result<(), ApiError> {
        for (key, secret) in properties.secrets_mut() {
            if let Some(sealed) = secret.sealed.take() {
                let broken = |error| ApiError::internal(format!("{source}: {error}"));
                let plain = app
                    .vault
                    .open_sealed(
                        Sealing {
                            kind: KIND,
                            id: old,
                            field: key,
                        },
                        &sealed,
                    )
                    .map_err(broken)?;
                secret.sealed = Some(
                    app.vault
                        .seal(
                            Sealing {
                                kind: KIND,
                                id: new,
                                field: key,
                            },
                            &plain,
                        )
                        .map_err(broken)?,
                );
            }
        }
        Ok(())
    };
    let fresh = || uuid::Uuid::new_v4().to_string();
    for step in &mut process.steps {
        let (old, new) = (std::mem::take(&mut step.id), fresh());
        each(&old, &new, &mut step.properties)?;
        step.id = new;
        for action in &mut step.actions {
            let (old, new) = (std::mem::take(&mut action.id), fresh());
            each(&old, &new, &mut action.properties)?;
            action.id = new;
        }
    }
    Ok(())
}
