//! The roles and teams every installation starts with (`octopus-api.md` §4.7). Data only.

use super::{Level, Permission};
use crate::id::{SpaceId, TeamId, UserRoleId};
use Permission as P;

/// A role that ships with the server and cannot be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltinRole {
    pub name: &'static str,
    pub description: &'static str,
    /// Sorted, without duplicates.
    pub space: Vec<Permission>,
    pub system: Vec<Permission>,
}

impl BuiltinRole {
    /// `userroles-` and the name in lower case without spaces.
    #[must_use]
    pub fn id(&self) -> UserRoleId {
        let word = self.name.to_ascii_lowercase().replace(' ', "");
        format!("userroles-{word}")
            .parse()
            .expect("built-in names are letters and spaces")
    }
}

/// A team that ships with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinTeam {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// Name of the built-in role it holds in the system.
    pub role: Option<&'static str>,
    /// Everybody is in it, and nobody can be taken out.
    pub everyone: bool,
}

/// The teams of the system. Each space adds [`space_managers_team`].
pub const TEAMS: &[BuiltinTeam] = &[
    BuiltinTeam {
        id: "teams-everyone",
        name: "Everyone",
        description: "Every user of this server",
        role: None,
        everyone: true,
    },
    BuiltinTeam {
        id: "teams-administrators",
        name: "Octopus Administrators",
        description: "May do everything",
        role: Some("System Administrator"),
        everyone: false,
    },
    BuiltinTeam {
        id: "teams-managers",
        name: "Octopus Managers",
        description: "May do everything except change the server itself",
        role: Some("System Manager"),
        everyone: false,
    },
];

/// The name of the role a space's managers hold in it.
pub const SPACE_MANAGER: &str = "Space Manager";

/// The team of a space's managers: `teams-spacemanagers-Spaces-1`.
#[must_use]
pub fn space_managers_team(space: &SpaceId) -> TeamId {
    format!("teams-spacemanagers-{space}")
        .parse()
        .expect("a space id is letters, digits and a hyphen")
}

const VIEWER: &[P] = &[
    P::ReleaseView,
    P::ProjectView,
    P::DeploymentView,
    P::ProcessView,
    P::EnvironmentView,
    P::ArtifactView,
    P::EventView,
    P::ProjectGroupView,
    P::LibraryVariableSetView,
    P::TeamView,
    P::TaskView,
    P::InterruptionView,
    P::LifecycleView,
    P::MachinePolicyView,
    P::TenantView,
    P::TriggerView,
    P::CertificateView,
    P::RunbookView,
    P::RunbookRunView,
];

const CONTRIBUTOR_ADDS: &[P] = &[
    P::ArtifactCreate,
    P::ActionTemplateView,
    P::ActionTemplateCreate,
    P::ActionTemplateEdit,
    P::ActionTemplateDelete,
    P::ProcessEdit,
    P::ProjectEdit,
    P::FeedView,
    P::LibraryVariableSetCreate,
    P::LibraryVariableSetEdit,
    P::LibraryVariableSetDelete,
    P::TaskCreate,
    P::InterruptionViewSubmitResponsible,
    P::MachineView,
    P::DefectReport,
    P::DefectResolve,
    P::VariableView,
    P::VariableEdit,
    P::TriggerCreate,
    P::TriggerDelete,
    P::TriggerEdit,
    P::RunbookEdit,
];

const SYSTEM_VIEW: &[P] = &[P::TeamView, P::UserView, P::UserRoleView];

const ENVIRONMENT_VIEWER: &[P] = &[
    P::EnvironmentView,
    P::MachineView,
    P::TaskView,
    P::TeamView,
    P::AccountView,
    P::MachinePolicyView,
    P::CertificateView,
    P::ProxyView,
    P::WorkerView,
];

const ENVIRONMENT_MANAGER_ADDS: &[P] = &[
    P::EnvironmentCreate,
    P::EnvironmentEdit,
    P::EnvironmentDelete,
    P::MachineCreate,
    P::MachineEdit,
    P::MachineDelete,
    P::AccountCreate,
    P::AccountEdit,
    P::AccountDelete,
    P::ProxyCreate,
    P::ProxyEdit,
    P::ProxyDelete,
    P::MachinePolicyCreate,
    P::MachinePolicyEdit,
    P::MachinePolicyDelete,
    P::TaskCreate,
    P::TaskCancel,
    P::WorkerEdit,
];

const PUBLISHER: &[P] = &[
    P::BuiltInFeedAdminister,
    P::BuiltInFeedDownload,
    P::BuiltInFeedPush,
    P::FeedView,
    P::BuildInformationPush,
    P::BuildInformationAdminister,
];

const BUILD_SERVER_ADDS: &[P] = &[
    P::DeploymentCreate,
    P::DeploymentView,
    P::EnvironmentView,
    P::LibraryVariableSetView,
    P::LifecycleView,
    P::ProcessView,
    P::ProjectView,
    P::ReleaseCreate,
    P::ReleaseView,
    P::TaskView,
    P::TenantView,
    P::RunbookView,
    P::RunbookEdit,
    P::RunbookRunView,
    P::RunbookRunCreate,
];

const DEPLOYMENT_CREATOR: &[P] = &[
    P::DeploymentCreate,
    P::DeploymentView,
    P::EnvironmentView,
    P::LifecycleView,
    P::ProcessView,
    P::ProjectView,
    P::ReleaseView,
    P::TaskView,
    P::TenantView,
    P::LibraryVariableSetView,
    P::RunbookView,
    P::RunbookRunView,
    P::RunbookRunCreate,
];

const INSIGHTS: &[P] = &[
    P::InsightsReportView,
    P::InsightsReportCreate,
    P::InsightsReportEdit,
    P::InsightsReportDelete,
    P::EnvironmentView,
    P::ProcessView,
    P::ProjectGroupView,
    P::ProjectView,
    P::TenantView,
];

const RUNBOOK_CONSUMER: &[P] = &[
    P::ProjectView,
    P::EnvironmentView,
    P::ArtifactView,
    P::EventView,
    P::ProjectGroupView,
    P::LibraryVariableSetView,
    P::TeamView,
    P::FeedView,
    P::TaskView,
    P::InterruptionView,
    P::MachinePolicyView,
    P::TenantView,
    P::TriggerView,
    P::CertificateView,
    P::MachineView,
    P::RunbookView,
    P::RunbookRunView,
    P::RunbookRunCreate,
];

const RUNBOOK_PRODUCER_ADDS: &[P] = &[
    P::ProjectCreate,
    P::ProjectEdit,
    P::ProjectDelete,
    P::LifecycleView,
    P::ActionTemplateView,
    P::ActionTemplateCreate,
    P::ActionTemplateEdit,
    P::ActionTemplateDelete,
    P::LibraryVariableSetCreate,
    P::LibraryVariableSetEdit,
    P::LibraryVariableSetDelete,
    P::TaskCreate,
    P::TaskCancel,
    P::InterruptionViewSubmitResponsible,
    P::InterruptionSubmit,
    P::VariableView,
    P::VariableEdit,
    P::TriggerCreate,
    P::TriggerDelete,
    P::TriggerEdit,
    P::RunbookEdit,
    P::RunbookRunDelete,
    P::ArtifactCreate,
    P::ArtifactEdit,
    P::ArtifactDelete,
];

const SYSTEM_MANAGER: &[P] = &[
    P::ConfigureServer,
    P::EventRetentionDelete,
    P::EventRetentionView,
    P::EventView,
    P::TeamCreate,
    P::TeamView,
    P::TeamEdit,
    P::TeamDelete,
    P::TaskView,
    P::TaskCreate,
    P::TaskCancel,
    P::TaskEdit,
    P::SpaceView,
    P::SpaceCreate,
    P::SpaceEdit,
    P::SpaceDelete,
    P::UserView,
    P::UserInvite,
    P::UserEdit,
    P::UserRoleView,
    P::UserRoleEdit,
];

const DEPLOYER_ADDS: &[P] = &[
    P::DeploymentCreate,
    P::InterruptionSubmit,
    P::TaskCancel,
    P::RunbookRunCreate,
];

const LEAD_ADDS: &[P] = &[
    P::ReleaseCreate,
    P::ReleaseEdit,
    P::ReleaseDelete,
    P::ArtifactEdit,
    P::ArtifactDelete,
];

const INITIATOR_ADDS: &[P] = &[
    P::ProjectCreate,
    P::ProjectEdit,
    P::ProjectDelete,
    P::DefectReport,
    P::DefectResolve,
];

const RELEASE_CREATOR: &[P] = &[
    P::EnvironmentView,
    P::FeedView,
    P::ProcessView,
    P::ProjectView,
    P::ReleaseCreate,
    P::ReleaseView,
    P::RunbookView,
    P::RunbookEdit,
];

const CERTIFICATES: &[P] = &[
    P::CertificateView,
    P::CertificateCreate,
    P::CertificateEdit,
    P::CertificateDelete,
    P::CertificateExportPrivateKey,
    P::EnvironmentView,
    P::TenantView,
];

const TENANTS: &[P] = &[
    P::TenantCreate,
    P::TenantEdit,
    P::TenantDelete,
    P::TenantView,
];

/// Name, description, and the sets of permissions in a space and in the system.
type Recipe = (
    &'static str,
    &'static str,
    &'static [&'static [P]],
    &'static [&'static [P]],
);

const RECIPES: &[Recipe] = &[
    (
        "Project Viewer",
        "Look at projects, releases and deployments",
        &[VIEWER],
        &[SYSTEM_VIEW],
    ),
    (
        "Project Contributor",
        "Edit processes and variables",
        &[VIEWER, CONTRIBUTOR_ADDS],
        &[SYSTEM_VIEW],
    ),
    (
        "Project Initiator",
        "Create projects",
        &[VIEWER, INITIATOR_ADDS],
        &[SYSTEM_VIEW],
    ),
    (
        "Project Deployer",
        "Contributor who may deploy but not create releases",
        &[VIEWER, CONTRIBUTOR_ADDS, DEPLOYER_ADDS],
        &[SYSTEM_VIEW],
    ),
    (
        "Project Lead",
        "Contributor who may create releases but not deploy",
        &[VIEWER, CONTRIBUTOR_ADDS, LEAD_ADDS],
        &[SYSTEM_VIEW],
    ),
    (
        "Environment Viewer",
        "Look at environments and their machines",
        &[ENVIRONMENT_VIEWER],
        &[&[P::TeamView]],
    ),
    (
        "Environment Manager",
        "Change environments and their machines",
        &[ENVIRONMENT_VIEWER, ENVIRONMENT_MANAGER_ADDS],
        &[&[P::TeamView]],
    ),
    (
        "Build Server",
        "Push packages, create releases and deploy",
        &[PUBLISHER, BUILD_SERVER_ADDS],
        &[],
    ),
    ("Package Publisher", "Push packages", &[PUBLISHER], &[]),
    (
        "Release Creator",
        "Create releases",
        &[RELEASE_CREATOR],
        &[],
    ),
    (
        "Deployment Creator",
        "Deploy releases and run runbooks",
        &[DEPLOYMENT_CREATOR],
        &[],
    ),
    (
        "Certificate Manager",
        "Change certificates",
        &[CERTIFICATES],
        &[],
    ),
    ("Tenant Manager", "Change tenants", &[TENANTS], &[]),
    (
        "Insights Report Manager",
        "Change reports",
        &[INSIGHTS],
        &[],
    ),
    (
        "Runbook Consumer",
        "Run published runbooks",
        &[RUNBOOK_CONSUMER],
        &[],
    ),
    (
        "Runbook Producer",
        "Write and run runbooks",
        &[RUNBOOK_CONSUMER, RUNBOOK_PRODUCER_ADDS],
        &[],
    ),
    (SPACE_MANAGER, "Everything in a space", &[], &[SYSTEM_VIEW]),
    (
        "System Manager",
        "Manage spaces, users and teams",
        &[],
        &[SYSTEM_MANAGER],
    ),
    (
        "System Administrator",
        "Everything in the system",
        &[],
        &[SYSTEM_MANAGER, &[P::AdministerSystem]],
    ),
];

/// All built-in roles, in the order people read them.
#[must_use]
pub fn roles() -> Vec<BuiltinRole> {
    RECIPES.iter().map(role).collect()
}

fn role((name, description, space, system): &Recipe) -> BuiltinRole {
    let in_a_space = |p: &P| p.level() != Level::System;
    let space = if *name == SPACE_MANAGER {
        P::ALL.iter().copied().filter(in_a_space).collect()
    } else {
        sorted(space)
    };
    BuiltinRole {
        name,
        description,
        space,
        system: sorted(system),
    }
}

fn sorted(sets: &[&[P]]) -> Vec<P> {
    let mut all = sets.concat();
    all.sort_unstable();
    all.dedup();
    all
}
