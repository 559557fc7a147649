//! One line per operation of the API. A new operation adds its line here; [`super::operation`] insists on it.

use regatta_core::permission::Permission as P;
use serde_json::json;

use super::row::{Row, acts, creates, reads, removes, replaces};

pub(super) const ROWS: &[Row] = &[
    // About the server, and about the caller.
    reads("root").signed_in(),
    reads("spaceRoot").signed_in(),
    reads("openApi").signed_in(),
    reads("health").signed_in(),
    reads("metrics"),
    reads("capabilities").signed_in(),
    reads("featureToggles").signed_in(),
    reads("serverStatus").signed_in(),
    reads("timezones").signed_in(),
    reads("setupGet").signed_in().answers(404),
    // There is an administrator already, so nothing is left to set up.
    acts(
        "setup",
        |_| json!({ "Token": "x", "Username": "x", "Password": "Correct-Horse-1" }),
    )
    .signed_in()
    .answers(404),
    reads("userMe").signed_in(),
    acts("login", |_| json!("no body of a login"))
        .signed_in()
        .answers(400),
    acts("logout", |_| json!({})).signed_in().unrecorded(),
    acts("signInRequestCreate", |_| json!("no body of a request"))
        .signed_in()
        .answers(400),
    acts("signInRequestCollect", |_| json!({ "Secret": "x" }))
        .signed_in()
        .answers(404),
    acts("signInRequestWithdraw", |_| json!({ "Secret": "x" }))
        .signed_in()
        .unrecorded(),
    // A key is not enough, whatever it may.
    reads("signInRequestGet").signed_in().answers(403),
    acts("signInRequestApprove", |_| json!({}))
        .signed_in()
        .answers(403),
    acts("signInRequestRefuse", |_| json!({}))
        .signed_in()
        .answers(403),
    reads("authentication").signed_in(),
    reads("userAuthentication").signed_in(),
    reads("userAuthenticationOf").needs(&[P::UserView]),
    // Users and what they may.
    reads("apiKeyList").needs(&[P::UserEdit]),
    reads("apiKeyGet").needs(&[P::UserEdit]),
    creates("apiKeyCreate", |_| json!({ "Purpose": "matrix" })).needs(&[P::UserEdit]),
    removes("apiKeyDelete").needs(&[P::UserEdit]),
    reads("userList"),
    reads("userAll"),
    creates(
        "userCreate",
        |w| json!({ "Username": w.name(), "DisplayName": "x", "IsService": true }),
    ),
    reads("userGet").needs(&[P::UserView]),
    replaces("userReplace").needs(&[P::UserEdit]),
    removes("userDelete"),
    reads("userIdentityMetadata").signed_in(),
    reads("permissionAll").signed_in(),
    reads("permissionHolders")
        .asking("?permission=ProcessEdit")
        .signed_in(),
    reads("userPermissions").needs(&[P::UserView]),
    reads("userPermissionsConfiguration").needs(&[P::UserView]),
    reads("userSpaces").needs(&[P::UserView]),
    reads("userTeams").needs(&[P::UserView]),
    reads("teamMembership").signed_in(),
    reads("spaceList").signed_in(),
    reads("spaceAll").signed_in(),
    creates(
        "spaceCreate",
        |w| json!({ "Name": w.name(), "SpaceManagersTeams": ["teams-administrators"] }),
    ),
    reads("spaceGet").needs(&[P::SpaceView]).hides(),
    replaces("spaceReplace"),
    removes("spaceDelete"),
    reads("teamList").sees(P::TeamView),
    reads("teamAll").sees(P::TeamView),
    creates(
        "teamCreate",
        |w| json!({ "Name": w.name(), "SpaceId": w.space }),
    ),
    reads("teamGet").needs(&[P::TeamView]).hides(),
    replaces("teamReplace"),
    removes("teamDelete"),
    reads("teamScopedUserRoles").needs(&[P::TeamView]).hides(),
    reads("userRoleList"),
    reads("userRoleAll"),
    creates("userRoleCreate", |w| json!({ "Name": w.name() })),
    reads("userRoleGet"),
    replaces("userRoleReplace"),
    removes("userRoleDelete"),
    reads("scopedUserRoleList").sees(P::TeamView),
    reads("scopedUserRoleAll").sees(P::TeamView),
    creates("scopedUserRoleCreate", |w| w.scoped_role()),
    reads("scopedUserRoleGet").needs(&[P::TeamView]).hides(),
    replaces("scopedUserRoleReplace"),
    removes("scopedUserRoleDelete"),
    // What projects are made of.
    reads("projectGroupList"),
    reads("projectGroupAll"),
    creates("projectGroupCreate", |w| json!({ "Name": w.name() })),
    reads("projectGroupGet"),
    replaces("projectGroupReplace"),
    removes("projectGroupDelete"),
    reads("projectGroupProjects"),
    reads("environmentList"),
    reads("environmentAll"),
    creates("environmentCreate", |w| json!({ "Name": w.name() })),
    reads("environmentGet"),
    replaces("environmentReplace"),
    removes("environmentDelete"),
    acts("environmentSort", |w| json!([w.id("environments")])),
    reads("environmentSummary"),
    reads("environmentListV2"),
    reads("environmentMachines"),
    reads("lifecycleList"),
    reads("lifecycleAll"),
    creates("lifecycleCreate", |w| json!({ "Name": w.name() })),
    reads("lifecycleGet"),
    replaces("lifecycleReplace"),
    removes("lifecycleDelete"),
    reads("lifecycleProjects"),
    reads("lifecyclePreview"),
    reads("projectList"),
    reads("projectAll"),
    creates("projectCreate", |w| w.project_body()),
    reads("projectGet"),
    replaces("projectReplace"),
    removes("projectDelete"),
    reads("projectSummary"),
    reads("channelRuleTest").asking("?version=1.0"),
    reads("channelList"),
    reads("channelAll"),
    creates(
        "channelCreate",
        |w| json!({ "Name": w.name(), "ProjectId": w.id("projects") }),
    ),
    reads("channelGet"),
    replaces("channelReplace"),
    removes("channelDelete"),
    reads("projectChannels"),
    reads("projectChannel"),
    reads("deploymentSettingsGet"),
    replaces("deploymentSettingsReplace"),
    reads("deploymentProcessList"),
    reads("deploymentProcessGet"),
    replaces("deploymentProcessReplace"),
    reads("deploymentProcessTemplate"),
    acts("deploymentProcessLint", |_| json!({ "Steps": [] })).unrecorded(),
    reads("projectProcessGet"),
    replaces("projectProcessReplace"),
    reads("projectProcessTemplate"),
    reads("projectProcessVersionList"),
    reads("projectProcessVersionGet"),
    acts("projectProcessLint", |_| json!({ "Steps": [] })).unrecorded(),
    reads("variableSetGet"),
    replaces("variableSetReplace"),
    reads("variableSetAll"),
    reads("variableNames").asking("?project={projects}"),
    reads("variablePreview").asking("?project={projects}"),
    reads("projectVariableUsages").needs(&[P::VariableView, P::ProcessView]),
    reads("projectVariables"),
    acts(
        "deploymentProcessPlan",
        |w| json!({ "EnvironmentId": w.id("environments") }),
    )
    .unrecorded(),
    acts(
        "projectProcessPlan",
        |w| json!({ "EnvironmentId": w.id("environments") }),
    )
    .unrecorded(),
    acts("projectProcessDiff", |_| json!({ "Steps": [] })).unrecorded(),
    reads("libraryVariableSetList"),
    reads("libraryVariableSetAll"),
    creates("libraryVariableSetCreate", |w| json!({ "Name": w.name() })),
    reads("libraryVariableSetGet"),
    replaces("libraryVariableSetReplace"),
    removes("libraryVariableSetDelete"),
    // Whom deployments are for.
    reads("tagSetList").signed_in(),
    reads("tagSetAll").signed_in(),
    creates("tagSetCreate", |w| json!({ "Name": w.name() })),
    reads("tagSetGet").signed_in(),
    replaces("tagSetReplace"),
    removes("tagSetDelete"),
    acts("tagSetSort", |w| json!([w.id("tagsets")])),
    reads("tenantList"),
    reads("tenantAll"),
    creates("tenantCreate", |w| json!({ "Name": w.name() })),
    reads("tenantGet"),
    replaces("tenantReplace"),
    removes("tenantDelete"),
    reads("tenantTagTest"),
    reads("tenantStatus"),
    reads("tenantVariablesGet"),
    replaces("tenantVariablesUpdate"),
    replaces("tenantVariablesReplace"),
    reads("tenantsMissingVariables"),
    reads("tenantCommonVariablesGet"),
    acts(
        "tenantCommonVariablesReplace",
        |_| json!({ "Variables": [] }),
    ),
    reads("tenantProjectVariablesGet"),
    acts(
        "tenantProjectVariablesReplace",
        |_| json!({ "Variables": [] }),
    ),
    // Where deployments go.
    reads("machineList"),
    reads("machineAll"),
    creates("machineCreate", |w| w.machine()),
    reads("machineGet"),
    replaces("machineReplace"),
    removes("machineDelete"),
    reads("machineRoleAll"),
    reads("machineConnection"),
    reads("machineDiscover").answers(400),
    reads("machineTasks"),
    reads("machineOperatingSystems"),
    reads("machineShells"),
    reads("machinePolicyList"),
    reads("machinePolicyAll"),
    creates("machinePolicyCreate", |w| json!({ "Name": w.name() })),
    reads("machinePolicyGet"),
    replaces("machinePolicyReplace"),
    removes("machinePolicyDelete"),
    reads("machinePolicyTemplate"),
    reads("workerList"),
    reads("workerAll"),
    acts(
        "workerCreate",
        |w| json!({ "Name": w.name(), "Endpoint": { "CommunicationStyle": "None" } }),
    )
    .answers(400),
    reads("workerGet").needs(&[]).answers(404),
    reads("workerDiscover").answers(400),
    reads("workerOperatingSystems"),
    reads("workerShells"),
    reads("workerPoolList"),
    reads("workerPoolAll"),
    creates(
        "workerPoolCreate",
        |w| json!({ "Name": w.name(), "WorkerPoolType": "StaticWorkerPool" }),
    ),
    reads("workerPoolGet"),
    replaces("workerPoolReplace"),
    removes("workerPoolDelete"),
    reads("workerPoolWorkers"),
    acts("workerPoolSort", |w| json!([w.id("workerpools")])),
    reads("workerPoolDynamicTypes"),
    reads("workerPoolSupportedTypes"),
    reads("feedList"),
    reads("feedAll"),
    reads("feedGet"),
    acts(
        "feedCreate",
        |w| json!({ "Name": w.name(), "FeedType": "NuGet" }),
    )
    .answers(400),
    replaces("feedReplace"),
    acts("feedDelete", |_| json!({})).answers(400),
    reads("feedStats"),
    reads("feedPackageVersions").asking("?packageId=a"),
    reads("feedPackageSearch"),
    reads("feedPackageNotes")
        .asking("?packageId=none&version=1.0")
        .answers(404),
    // Packages. No form is sent, so who is let in is told so.
    reads("packageList"),
    reads("packageGet"),
    reads("packageDownload"),
    reads("packageNotes"),
    acts("packageUpload", |_| json!("no form")).answers(415),
    removes("packageDelete"),
    acts("packageDeleteSeveral", |_| json!({})).answers(400),
    reads("packageDeltaSignature").answers(404),
    acts("packageDeltaUpload", |_| json!({})).answers(400),
    reads("packageMetadataList"),
    reads("packageMetadataGet"),
    reads("buildInformationList"),
    reads("buildInformationGet"),
    creates("buildInformationPush", |w| w.build_information()),
    removes("buildInformationDelete"),
    acts("buildInformationDeleteSeveral", |_| json!({})).answers(400),
    reads("accountList"),
    reads("accountAll"),
    creates("accountCreate", |w| w.account()),
    reads("accountGet"),
    replaces("accountReplace"),
    removes("accountDelete"),
    reads("accountUsages"),
    reads("accountAzureEnvironments").signed_in(),
    reads("certificateList"),
    reads("certificateAll"),
    creates("certificateCreate", |w| w.certificate()),
    reads("certificateGet"),
    replaces("certificateReplace"),
    removes("certificateDelete"),
    acts(
        "certificateReplaceFile",
        |_| json!({ "CertificateData": crate::certificate::elliptic() }),
    ),
    acts("certificateArchive", |_| json!({})).uses_up(),
    acts("certificateUnarchive", |_| json!({})).unrecorded(),
    reads("certificateExport"),
    reads("certificateUsages"),
    reads("proxyList"),
    reads("proxyAll"),
    creates(
        "proxyCreate",
        |w| json!({ "Name": w.name(), "Host": "proxy.example", "Port": 80 }),
    ),
    reads("proxyGet"),
    replaces("proxyReplace"),
    removes("proxyDelete"),
    // Releases and deployments.
    creates(
        "releaseCreateV1",
        |w| json!({ "SpaceIdOrName": w.space, "ProjectName": w.id("projects"), "ReleaseVersion": w.release_body()["Version"] }),
    ),
    creates("releaseCreate", |w| w.release_body()),
    reads("releaseList"),
    reads("releaseGet"),
    replaces("releaseReplace"),
    removes("releaseDelete"),
    acts("releaseSnapshotVariables", |_| json!({})),
    // The world's project has no variables.
    acts(
        "releaseSnapshotVariablesByName",
        |w| json!({ "Variables": [{ "OwnerId": w.id("projects"), "Name": "none" }] }),
    )
    .answers(400),
    reads("projectReleaseList"),
    reads("projectReleaseByVersion"),
    reads("channelReleaseList"),
    reads("releaseProgression"),
    reads("releaseDefectList"),
    creates("releaseDefectReport", |_| json!({ "Description": "x" })).uses_up(),
    // None was reported.
    acts("releaseDefectResolve", |_| json!({})).answers(409),
    reads("releaseMissingPackages"),
    reads("releaseDeploymentTemplate"),
    reads("releaseDeploymentPreview"),
    reads("releaseDeploymentPreviewForTenant"),
    acts(
        "releaseDeploymentPreviews",
        |w| json!({ "DeploymentPreviews": [{ "EnvironmentId": w.id("environments") }] }),
    )
    .unrecorded(),
    reads("releasePlan"),
    acts("releasePlanWith", |_| json!({})).unrecorded(),
    reads("projectProgression"),
    creates("deploymentCreateUntenantedV1", |w| {
        json!({
            "SpaceIdOrName": w.space, "ProjectName": w.id("projects"), "ReleaseVersion": "0.0.1",
            "EnvironmentNames": [w.id("environments")], "RunAt": "2026-01-03T03:04:05Z",
        })
    }),
    acts("deploymentCreateTenantedV1", |_| json!({})).answers(400),
    creates("deploymentCreate", |w| {
        w.deployment_body(&w.id("releases"), true)
    }),
    reads("deploymentList"),
    reads("deploymentGet"),
    removes("deploymentDelete"),
    reads("releaseDeploymentList"),
    // Runbooks, their snapshots and runs.
    reads("runbookList"),
    reads("runbookAll"),
    creates("runbookCreate", |w| w.runbook_body()),
    reads("runbookGet"),
    replaces("runbookReplace"),
    removes("runbookDelete"),
    reads("projectRunbookList"),
    reads("projectRunbookGet"),
    reads("runbookSnapshotTemplate"),
    reads("projectRunbookSnapshotTemplate"),
    reads("runbookEnvironments"),
    reads("projectRunbookEnvironments"),
    reads("runbookProcessGet"),
    replaces("runbookProcessReplace"),
    reads("projectRunbookProcessGet"),
    replaces("projectRunbookProcessReplace"),
    acts("runbookProcessLint", |_| json!({ "Steps": [] })).unrecorded(),
    acts("runbookProcessPlan", |_| json!({})).unrecorded(),
    acts("runbookProcessDiff", |_| json!({ "Steps": [] })).unrecorded(),
    reads("runbookProcessVersionList"),
    reads("runbookProcessVersionGet"),
    reads("runbookSnapshotList"),
    reads("runbookSnapshotAll"),
    reads("runbookSnapshotGet"),
    creates("runbookSnapshotCreate", |w| w.snapshot_body()),
    creates("projectRunbookSnapshotCreate", |w| w.snapshot_body()),
    replaces("runbookSnapshotReplace"),
    removes("runbookSnapshotDelete"),
    acts("runbookSnapshotVariables", |_| json!({})),
    reads("runbookSnapshotsOfRunbook"),
    reads("runbookSnapshotsOfProject"),
    reads("runbookSnapshotOfProject"),
    reads("projectRunbookSnapshotList"),
    reads("projectRunbookSnapshotGet"),
    creates("runbookRunCreateV1", |w| {
        json!({
            "SpaceIdOrName": w.space, "ProjectName": w.id("projects"), "RunbookName": w.id("runbooks"),
            "EnvironmentNames": [w.id("environments")], "RunAt": "2026-01-03T03:04:05Z",
        })
    }),
    creates("runbookRunCreate", |w| w.run_body()),
    reads("runbookRunList"),
    reads("runbookRunGet"),
    removes("runbookRunDelete"),
    reads("runbookSnapshotRunList"),
    reads("runbookRunPreview"),
    acts("runbookRunPreviews", |w| w.previews_body()).unrecorded(),
    reads("runbookRunTemplate"),
    reads("projectRunbookRunPreview"),
    acts("projectRunbookRunPreviews", |w| w.previews_body()).unrecorded(),
    reads("runbookSnapshotRunPreview"),
    acts("runbookSnapshotRunPreviews", |w| w.previews_body()).unrecorded(),
    reads("runbookSnapshotRunTemplate"),
    reads("runbookSnapshotPlan"),
    acts("runbookSnapshotPlanWith", |_| json!({})).unrecorded(),
    // Tasks; each is as secret as its project and environment.
    reads("taskList").sees(P::TaskView),
    reads("taskTypes").signed_in(),
    acts("taskCreate", |_| json!({ "Name": "Health" }))
        .signed_in()
        .answers(400),
    reads("taskGet").needs(&[P::TaskView]),
    reads("taskDetails").needs(&[P::TaskView]),
    reads("taskRaw").needs(&[P::TaskView]),
    reads("taskLog").needs(&[P::TaskView]),
    reads("taskLogSearch")
        .asking("?text=x")
        .needs(&[P::TaskView]),
    reads("taskLogSummary").needs(&[P::TaskView]),
    reads("taskEvents").needs(&[P::TaskView]),
    reads("taskExplain").needs(&[P::TaskView]),
    reads("taskVerdict").needs(&[P::TaskView]),
    reads("taskQueuedBehind").needs(&[P::TaskView]),
    reads("taskRun").needs(&[P::TaskView]),
    reads("taskTimeline").needs(&[P::TaskView]),
    // It is still in the queue.
    acts("taskWhatIf", |_| json!({}))
        .needs(&[P::TaskView])
        .answers(409),
    reads("taskRunning").needs(&[P::TaskView]),
    // It is not being cancelled, it is still in the queue.
    acts("taskAbandon", |_| json!({}))
        .needs(&[P::TaskView, P::TaskCancel])
        .answers(409),
    acts("taskCancel", |_| json!({}))
        .needs(&[P::TaskView, P::TaskCancel])
        .uses_up(),
    creates("taskRerun", |_| json!({}))
        .needs(&[P::TaskView, P::DeploymentCreate])
        .uses_up(),
    acts("taskPrioritize", |_| json!({})).needs(&[P::TaskView, P::TaskEdit]),
    // Only what has been cancelling for long can be given up.
    acts("taskState", |_| json!({ "State": "Canceled" }))
        .needs(&[P::TaskView, P::TaskEdit])
        .answers(409),
    reads("interruptionList").sees(P::InterruptionView),
    reads("interruptionGet").needs(&[P::InterruptionView]),
    reads("interruptionResponsible").needs(&[P::InterruptionView]),
    reads("interruptionEffects").needs(&[P::InterruptionView]),
    acts("interruptionTake", |_| json!({}))
        .needs(&[P::InterruptionView, P::InterruptionSubmit])
        .unrecorded(),
    // Nobody has taken it yet.
    acts("interruptionSubmit", |_| json!({ "Result": "Proceed" }))
        .needs(&[P::InterruptionView, P::InterruptionSubmit])
        .uses_up()
        .answers(409),
    reads("artifactList").sees(P::ArtifactView),
    reads("artifactGet").needs(&[P::ArtifactView]),
    // It was only announced.
    reads("artifactContent")
        .needs(&[P::ArtifactView])
        .answers(404),
    creates(
        "artifactCreate",
        |w| json!({ "Filename": "a.txt", "ServerTaskId": w.id("tasks") }),
    )
    .needs(&[P::ArtifactCreate]),
    acts("artifactRename", |_| json!({ "Filename": "b.txt" })).needs(&[P::ArtifactEdit]),
    acts("artifactUpload", |_| json!("content"))
        .needs(&[P::ArtifactEdit])
        .uses_up(),
    removes("artifactDelete").needs(&[P::ArtifactDelete]),
    // The audit.
    reads("dashboard"),
    reads("dashboardDynamic"),
    reads("dashboardConfigurationGet").signed_in(),
    acts("dashboardConfigurationReplace", |_| json!({})).signed_in(),
    reads("stream").signed_in(),
    reads("eventList"),
    reads("eventGet"),
    reads("eventCategories").signed_in(),
    reads("eventGroups").signed_in(),
    reads("eventAgents").signed_in(),
    reads("eventDocumentTypes").signed_in(),
];
