//! The link tables of the server root and of a space's root. Octopus' Go client takes the paths of its services
//! from here, so every name must be present; names and templates are Octopus' (octopus-api §1.2).

use serde_json::{Map, Value};

/// The links of a space's root.
#[must_use]
pub fn of_space(space_id: &str) -> Map<String, Value> {
    let base = format!("/api/{space_id}");
    let own = [("Self", base.clone()), ("Web", format!("/app#/{space_id}"))];
    let own = own
        .into_iter()
        .map(|(name, path)| (name.to_owned(), Value::from(path)));
    own.chain(
        SPACE
            .iter()
            .map(|(name, path)| ((*name).to_owned(), Value::from(format!("{base}{path}")))),
    )
    .collect()
}

/// The links of the server's root. Those of spaces point at the default space while there is one.
#[must_use]
pub fn of_server(default_space: Option<&str>) -> Map<String, Value> {
    let mut links: Map<_, _> = default_space.map(of_space).unwrap_or_default();
    links.extend(
        SERVER
            .iter()
            .map(|(name, path)| ((*name).to_owned(), Value::from(*path))),
    );
    links
}

/// Below `/api/{space}`.
const SPACE: &[(&str, &str)] = &[
    (
        "Accounts",
        "/accounts{/id}{?skip,take,ids,partialName,accountType}",
    ),
    (
        "ActionTemplates",
        "/actiontemplates{/id}{?skip,take,ids,partialName}",
    ),
    ("ActionTemplatesCategories", "/actiontemplates/categories"),
    ("ActionTemplatesSearch", "/actiontemplates/search{?type}"),
    (
        "ActionTemplateLogo",
        "/actiontemplates/{typeOrId}/logo{?cb}",
    ),
    (
        "ActionTemplateVersionedLogo",
        "/actiontemplates/{typeOrId}/versions/{version}/logo{?cb}",
    ),
    (
        "Artifacts",
        "/artifacts{/id}{?skip,take,regarding,ids,partialName,order}",
    ),
    (
        "BuildInformation",
        "/build-information{/id}{?filter,packageId,latest,skip,take,overwriteMode}",
    ),
    ("BuildInformationBulk", "/build-information/bulk{?ids}"),
    (
        "Certificates",
        "/certificates{/id}{?skip,take,search,archived,tenant,firstResult,orderBy,ids,partialName}",
    ),
    ("Channels", "/channels{/id}{?skip,take,ids,partialName}"),
    (
        "Dashboard",
        "/dashboard{?projectId,releaseId,selectedTenants,selectedTags,showAll,highestLatestVersionPerProjectAndEnvironment}",
    ),
    ("DashboardConfiguration", "/dashboardconfiguration"),
    (
        "DashboardDynamic",
        "/dashboard/dynamic{?projects,environments,includePrevious}",
    ),
    (
        "DeploymentProcesses",
        "/deploymentprocesses{/id}{?skip,take,ids}",
    ),
    (
        "Deployments",
        "/deployments{/id}{?skip,take,ids,projects,environments,tenants,channels,taskState,partialName}",
    ),
    (
        "DiscoverMachine",
        "/machines/discover{?host,port,type,proxyId}",
    ),
    (
        "Environments",
        "/environments{/id}{?name,skip,ids,take,partialName}",
    ),
    ("EnvironmentSortOrder", "/environments/sortorder"),
    (
        "EnvironmentsSummary",
        "/environments/summary{?ids,partialName,machinePartialName,roles,isDisabled,healthStatuses,commStyles,tenantIds,tenantTags,hideEmptyEnvironments,shellNames}",
    ),
    (
        "Feeds",
        "/feeds{/id}{?skip,take,ids,partialName,feedType,name}",
    ),
    ("GitCredentials", "/git-credentials{/id}{?skip,take,name}"),
    (
        "Interruptions",
        "/interruptions{/id}{?skip,take,regarding,pendingOnly,ids}",
    ),
    (
        "LibraryVariables",
        "/libraryvariablesets{/id}{?skip,contentType,take,ids,partialName}",
    ),
    ("Lifecycles", "/lifecycles{/id}{?skip,take,ids,partialName}"),
    (
        "MachinePolicies",
        "/machinepolicies{/id}{?skip,take,ids,partialName}",
    ),
    ("MachinePolicyTemplate", "/machinepolicies/template"),
    ("MachineRoles", "/machineroles/all"),
    (
        "MachineOperatingSystems",
        "/machines/operatingsystem/names/all",
    ),
    ("MachineShells", "/machines/operatingsystem/shells/all"),
    (
        "Machines",
        "/machines{/id}{?skip,take,name,ids,partialName,roles,isDisabled,healthStatuses,commStyles,tenantIds,tenantTags,environmentIds,thumbprint,deploymentId,shellNames,deploymentTargetTypes}",
    ),
    (
        "Workers",
        "/workers{/id}{?skip,take,name,ids,partialName,isDisabled,healthStatuses,commStyles,workerPoolIds,thumbprint,shellNames}",
    ),
    (
        "Packages",
        "/packages{/id}{?nuGetPackageId,filter,latest,skip,take,includeNotes}",
    ),
    ("PackagesBulk", "/packages/bulk{?ids}"),
    ("PackageNotesList", "/packages/notes{?packageIds}"),
    ("PackageUpload", "/packages/raw{?replace,overwriteMode}"),
    (
        "PackageMetadata",
        "/package-metadata{/id}{?filter,latest,skip,take,replace,overwriteMode}",
    ),
    (
        "PackageDeltaSignature",
        "/packages/{packageId}/{version}/delta-signature",
    ),
    (
        "PackageDeltaUpload",
        "/packages/{packageId}/{baseVersion}/delta{?replace,overwriteMode}",
    ),
    (
        "ProjectGroups",
        "/projectgroups{/id}{?skip,take,ids,partialName}",
    ),
    (
        "Projects",
        "/projects{/id}{?name,skip,ids,clone,take,partialName,clonedFromProjectId}",
    ),
    ("ProjectPulse", "/projects/pulse{?projectIds}"),
    (
        "ProjectsExperimentalSummaries",
        "/projects/experimental/summaries{?ids}",
    ),
    ("ExportProjects", "/projects/import-export/export"),
    ("ImportProjects", "/projects/import-export/import"),
    (
        "ProjectTriggers",
        "/projecttriggers{/id}{?skip,take,ids,runbooks}",
    ),
    (
        "ScheduledProjectTriggers",
        "/scheduledprojecttriggers{/id}{?skip,take,ids}",
    ),
    ("Proxies", "/proxies{/id}{?skip,take,ids,partialName}"),
    (
        "Releases",
        "/releases{/id}{?skip,ignoreChannelRules,take,ids}",
    ),
    (
        "Reporting/DeploymentsCountedByWeek",
        "/reporting/deployments-counted-by-week{?projectIds}",
    ),
    (
        "Runbooks",
        "/runbooks{/id}{?skip,take,ids,partialName,clone,projectIds}",
    ),
    ("RunbookProcesses", "/runbookProcesses{/id}{?skip,take,ids}"),
    (
        "RunbookRuns",
        "/runbookRuns{/id}{?skip,take,ids,projects,environments,tenants,runbooks,taskState,partialName}",
    ),
    (
        "RunbookSnapshots",
        "/runbookSnapshots{/id}{?skip,take,ids,publish}",
    ),
    (
        "Subscriptions",
        "/subscriptions{/id}{?skip,take,ids,partialName,spaces}",
    ),
    (
        "TagSets",
        "/tagsets{/id}{?skip,take,ids,partialName,scopes}",
    ),
    ("TagSetSortOrder", "/tagsets/sortorder"),
    (
        "Tenants",
        "/tenants{/id}{?skip,projectId,name,tags,take,ids,clone,partialName,isDisabled,clonedFromTenantId}",
    ),
    (
        "TenantsMissingVariables",
        "/tenants/variables-missing{?tenantId,projectId,environmentId,includeDetails}",
    ),
    ("TenantsStatus", "/tenants/status"),
    ("TenantTagTest", "/tenants/tag-test{?tenantIds,tags}"),
    ("TenantVariables", "/tenantvariables/all{?projectId}"),
    ("Variables", "/variables{/id}{?ids}"),
    (
        "VariableNames",
        "/variables/names{?project,runbook,projectEnvironmentsFilter}",
    ),
    (
        "VariablePreview",
        "/variables/preview{?project,runbook,environment,channel,tenant,action,machine,role}",
    ),
    (
        "VersionRuleTest",
        "/channels/rule-test{?version,versionRange,preReleaseTag,feedType}",
    ),
    (
        "WorkerPools",
        "/workerpools{/id}{?name,skip,ids,take,partialName}",
    ),
    (
        "WorkerPoolsDynamicWorkerTypes",
        "/workerpools/dynamicworkertypes",
    ),
    (
        "WorkerPoolsSummary",
        "/workerpools/summary{?ids,partialName,machinePartialName,isDisabled,healthStatuses,commStyles,hideEmptyWorkerPools,shellNames}",
    ),
    ("UserOnboarding", "/useronboarding"),
    ("WorkerPoolsSortOrder", "/workerpools/sortorder"),
    ("WorkerPoolsSupportedTypes", "/workerpools/supportedtypes"),
];

/// Of the server itself.
const SERVER: &[(&str, &str)] = &[
    ("Self", "/api"),
    ("Web", "/app"),
    ("Spaces", "/api/spaces{/id}{?skip,ids,take,partialName}"),
    ("SpaceHome", "/api/{spaceId}"),
    ("CurrentUser", "/api/users/me"),
    ("Users", "/api/users{/id}{?skip,take,ids,filter}"),
    ("SignIn", "/api/users/login{?returnUrl}"),
    ("SignOut", "/api/users/logout"),
    ("Register", "/api/users/register"),
    ("UserAuthentication", "/api/users/authentication{/userId}"),
    ("UserIdentityMetadata", "/api/users/identity-metadata"),
    (
        "ExternalUserSearch",
        "/api/users/external-search{?partialName}",
    ),
    ("Invitations", "/api/users/invitations"),
    (
        "Teams",
        "/api/teams{/id}{?skip,take,ids,partialName,spaces,includeSystem}",
    ),
    (
        "TeamMembership",
        "/api/teammembership{?userId,spaces,includeSystem}",
    ),
    (
        "UserRoles",
        "/api/userroles{/id}{?skip,take,ids,partialName}",
    ),
    (
        "ScopedUserRoles",
        "/api/scopeduserroles{/id}{?skip,take,ids,partialName,spaces,includeSystem}",
    ),
    ("PermissionDescriptions", "/api/permissions/all"),
    (
        "Tasks",
        "/api/tasks{/id}{?skip,active,environment,tenant,runbook,project,name,node,running,states,hasPendingInterruptions,hasWarningsOrErrors,take,ids,partialName,spaces,includeSystem}",
    ),
    ("TaskTypes", "/api/tasks/taskTypes"),
    (
        "Events",
        "/api/events{/id}{?skip,regarding,regardingAny,user,users,projects,projectGroups,environments,eventGroups,eventCategories,eventAgents,tags,tenants,from,to,internal,fromAutoId,toAutoId,documentTypes,asCsv,take,ids,spaces,includeSystem,excludeDifference}",
    ),
    ("EventAgents", "/api/events/agents"),
    ("EventDocumentTypes", "/api/events/documenttypes"),
    ("EventCategories", "/api/events/categories{?appliesTo}"),
    ("EventGroups", "/api/events/groups{?appliesTo}"),
    (
        "CertificateConfiguration",
        "/api/configuration/certificates{/id}{?skip,take,ids,partialName}",
    ),
    ("Configuration", "/api/configuration{/id}"),
    (
        "CommunityActionTemplates",
        "/api/communityactiontemplates{/id}{?skip,take,ids}",
    ),
    (
        "CloudTemplate",
        "/api/cloudtemplate/{id}/metadata{?packageId,feedId}",
    ),
    ("ServerStatus", "/api/serverstatus"),
    ("ServerHealthStatus", "/api/serverstatus/health"),
    ("ExtensionStats", "/api/serverstatus/extensions"),
    ("Timezones", "/api/serverstatus/timezones"),
    (
        "OctopusServerNodes",
        "/api/octopusservernodes{/id}{?skip,take,ids,partialName}",
    ),
    (
        "OctopusServerClusterSummary",
        "/api/octopusservernodes/summary",
    ),
    ("FeaturesConfiguration", "/api/featuresconfiguration"),
    ("PerformanceConfiguration", "/api/performanceconfiguration"),
    ("MaintenanceConfiguration", "/api/maintenanceconfiguration"),
    ("SmtpConfiguration", "/api/smtpconfiguration"),
    ("SmtpIsConfigured", "/api/smtpconfiguration/isconfigured"),
    ("UpgradeConfiguration", "/api/upgradeconfiguration"),
    ("LetsEncryptConfiguration", "/api/letsencryptconfiguration"),
    ("ServerConfiguration", "/api/serverconfiguration"),
    (
        "ServerConfigurationSettings",
        "/api/serverconfiguration/settings",
    ),
    ("Authentication", "/api/authentication"),
    ("LoginInitiated", "/api/authentication/checklogininitiated"),
    (
        "Authenticate_Octopus ID",
        "/users/authenticate/OctopusID{?returnUrl}",
    ),
    ("BuiltInFeedStats", "/api/feeds/stats"),
    ("AzureEnvironments", "/api/accounts/azureenvironments"),
    ("CurrentLicense", "/api/licenses/licenses-current"),
    (
        "CurrentLicenseStatus",
        "/api/licenses/licenses-current-status",
    ),
    ("IssueTrackers", "/api/issuetrackers{?skip,take}"),
    (
        "ExternalSecurityGroupProviders",
        "/api/externalsecuritygroupproviders",
    ),
    (
        "AzureDevOpsConnectivityCheck",
        "/api/azuredevopsissuetracker/connectivitycheck",
    ),
    ("MigrationsImport", "/api/migrations/import"),
    ("MigrationsPartialExport", "/api/migrations/partialexport"),
    ("Scheduler", "/api/scheduler/{name}/logs{?verbose,tail}"),
    (
        "VersionControlClearCache",
        "/api/configuration/versioncontrol/clear-cache",
    ),
    ("WorkerToolsLatestImages", "/api/workertoolslatestimages"),
    (
        "TeamMembershipPreviewTeam",
        "/api/teammembership/previewteam",
    ),
    (
        "DynamicExtensionsFeaturesMetadata",
        "/api/dynamic-extensions/features/metadata",
    ),
    (
        "DynamicExtensionsFeaturesValues",
        "/api/dynamic-extensions/features/values",
    ),
    (
        "DynamicExtensionsScripts",
        "/api/dynamic-extensions/scripts",
    ),
    (
        "JiraConnectAppCredentialsTest",
        "/api/jiraintegration/connectivitycheck/connectapp",
    ),
    (
        "JiraCredentialsTest",
        "/api/jiraintegration/connectivitycheck/jira",
    ),
    ("OpenApi", "/api/openapi.json"),
];
