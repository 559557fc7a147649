//! The roles and teams every installation starts with (`octopus-api.md` §4.7). Data only.

use super::{Level, Permission};
use crate::id::{SpaceId, TeamId, UserRoleId};
use Permission as P;

/// A list of permissions. In braces, so that it stays a paragraph and not a column.
macro_rules! set {
    ($($name:ident)+) => { &[$(P::$name),+] };
}

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

const VIEWER: &[P] = set! {
    ReleaseView ProjectView DeploymentView ProcessView EnvironmentView ArtifactView EventView
    ProjectGroupView LibraryVariableSetView TeamView TaskView InterruptionView LifecycleView
    MachinePolicyView TenantView TriggerView CertificateView RunbookView RunbookRunView
};

const CONTRIBUTOR_ADDS: &[P] = set! {
    ArtifactCreate ActionTemplateView ActionTemplateCreate ActionTemplateEdit
    ActionTemplateDelete ProcessEdit ProjectEdit FeedView LibraryVariableSetCreate
    LibraryVariableSetEdit LibraryVariableSetDelete TaskCreate InterruptionViewSubmitResponsible
    MachineView DefectReport DefectResolve VariableView VariableEdit TriggerCreate TriggerDelete
    TriggerEdit RunbookEdit
};

const SYSTEM_VIEW: &[P] = set! {
    TeamView UserView UserRoleView
};

const ENVIRONMENT_VIEWER: &[P] = set! {
    EnvironmentView MachineView TaskView TeamView AccountView MachinePolicyView CertificateView
    ProxyView WorkerView
};

const ENVIRONMENT_MANAGER_ADDS: &[P] = set! {
    EnvironmentCreate EnvironmentEdit EnvironmentDelete MachineCreate MachineEdit MachineDelete
    AccountCreate AccountEdit AccountDelete ProxyCreate ProxyEdit ProxyDelete
    MachinePolicyCreate MachinePolicyEdit MachinePolicyDelete TaskCreate TaskCancel WorkerEdit
};

const PUBLISHER: &[P] = set! {
    BuiltInFeedAdminister BuiltInFeedDownload BuiltInFeedPush FeedView BuildInformationPush
    BuildInformationAdminister
};

const BUILD_SERVER_ADDS: &[P] = set! {
    DeploymentCreate DeploymentView EnvironmentView LibraryVariableSetView LifecycleView
    ProcessView ProjectView ReleaseCreate ReleaseView TaskView TenantView RunbookView
    RunbookEdit RunbookRunView RunbookRunCreate
};

const DEPLOYMENT_CREATOR: &[P] = set! {
    DeploymentCreate DeploymentView EnvironmentView LifecycleView ProcessView ProjectView
    ReleaseView TaskView TenantView LibraryVariableSetView RunbookView RunbookRunView
    RunbookRunCreate
};

const INSIGHTS: &[P] = set! {
    InsightsReportView InsightsReportCreate InsightsReportEdit InsightsReportDelete
    EnvironmentView ProcessView ProjectGroupView ProjectView TenantView
};

const RUNBOOK_CONSUMER: &[P] = set! {
    ProjectView EnvironmentView ArtifactView EventView ProjectGroupView LibraryVariableSetView
    TeamView FeedView TaskView InterruptionView MachinePolicyView TenantView TriggerView
    CertificateView MachineView RunbookView RunbookRunView RunbookRunCreate
};

const RUNBOOK_PRODUCER_ADDS: &[P] = set! {
    ProjectCreate ProjectEdit ProjectDelete LifecycleView ActionTemplateView
    ActionTemplateCreate ActionTemplateEdit ActionTemplateDelete LibraryVariableSetCreate
    LibraryVariableSetEdit LibraryVariableSetDelete TaskCreate TaskCancel
    InterruptionViewSubmitResponsible InterruptionSubmit VariableView VariableEdit TriggerCreate
    TriggerDelete TriggerEdit RunbookEdit RunbookRunDelete ArtifactCreate ArtifactEdit
    ArtifactDelete
};

const SYSTEM_MANAGER: &[P] = set! {
    ConfigureServer EventRetentionDelete EventRetentionView EventView TeamCreate TeamView
    TeamEdit TeamDelete TaskView TaskCreate TaskCancel TaskEdit SpaceView SpaceCreate SpaceEdit
    SpaceDelete UserView UserInvite UserEdit UserRoleView UserRoleEdit
};

const DEPLOYER_ADDS: &[P] = set! {
    DeploymentCreate InterruptionSubmit TaskCancel RunbookRunCreate
};

const LEAD_ADDS: &[P] = set! {
    ReleaseCreate ReleaseEdit ReleaseDelete ArtifactEdit ArtifactDelete
};

const INITIATOR_ADDS: &[P] = set! {
    ProjectCreate ProjectEdit ProjectDelete DefectReport DefectResolve
};

const RELEASE_CREATOR: &[P] = set! {
    EnvironmentView FeedView ProcessView ProjectView ReleaseCreate ReleaseView RunbookView
    RunbookEdit
};

const CERTIFICATES: &[P] = set! {
    CertificateView CertificateCreate CertificateEdit CertificateDelete
    CertificateExportPrivateKey EnvironmentView TenantView
};

const TENANTS: &[P] = set! {
    TenantCreate TenantEdit TenantDelete TenantView
};

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
