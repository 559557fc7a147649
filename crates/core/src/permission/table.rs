//! The permissions of Octopus with what restricts each (`octopus-api.md` §4.6). One line per permission.

use super::{Dimension, Level};

macro_rules! permissions {
    ($($name:ident: $level:ident [$($dimension:ident)*];)+) => {
        /// What somebody may do. The names are Octopus' and part of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum Permission { $($name),+ }

        impl Permission {
            /// Every permission, by name.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// The permission with this name, in any case.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|p| p.as_str().eq_ignore_ascii_case(text))
            }

            /// What a grant of it may be restricted to; empty = the whole space or system.
            #[must_use]
            pub const fn dimensions(self) -> &'static [Dimension] {
                match self { $(Self::$name => &[$(permissions!(@ $dimension)),*]),+ }
            }

            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$name => Level::$level),+ }
            }
        }
    };
    (@ P) => { Dimension::Project };
    (@ G) => { Dimension::ProjectGroup };
    (@ E) => { Dimension::Environment };
    (@ T) => { Dimension::Tenant };
    (@ X) => { Dimension::TenantExplicit };
}

// P project, G project group, E environment, T tenant, X tenant that must be explicit.
permissions! {
    AccountCreate: Space [E];
    AccountDelete: Space [E];
    AccountEdit: Space [E];
    AccountView: Space [E];
    ActionTemplateCreate: Space [];
    ActionTemplateDelete: Space [];
    ActionTemplateEdit: Space [];
    ActionTemplateView: Space [];
    AdministerSystem: System [];
    AiAgentTranscriptView: Space [P E X];
    ApprovalPolicyAdminister: Space [];
    ArtifactCreate: Space [P E X];
    ArtifactDelete: Space [P E X];
    ArtifactEdit: Space [P E X];
    ArtifactView: Space [P E X];
    BuildInformationAdminister: Space [];
    BuildInformationPush: Space [];
    BuiltInFeedAdminister: Space [P];
    BuiltInFeedDownload: Space [P];
    BuiltInFeedPush: Space [P];
    CertificateCreate: Space [];
    CertificateDelete: Space [E T];
    CertificateEdit: Space [E T];
    CertificateExportPrivateKey: Space [E T];
    CertificateView: Space [E T];
    ConfigureServer: System [];
    DefectReport: Space [P];
    DefectResolve: Space [P];
    DeployedResourceAdminister: Space [P E X];
    DeploymentCreate: Space [P E X];
    DeploymentDelete: Space [P E X];
    DeploymentFreezeAdminister: System [];
    DeploymentView: Space [P E X];
    EnvironmentCreate: Space [E];
    EnvironmentDelete: Space [E];
    EnvironmentEdit: Space [E];
    EnvironmentView: Space [E];
    EventRetentionDelete: System [];
    EventRetentionView: System [];
    EventView: Both [P E X];
    FeatureToggleEdit: Space [];
    FeedEdit: Space [];
    FeedView: Space [];
    GitCredentialEdit: Space [];
    GitCredentialView: Space [];
    InsightsReportCreate: Space [];
    InsightsReportDelete: Space [];
    InsightsReportEdit: Space [];
    InsightsReportView: Space [];
    InterruptionSubmit: Space [P E X];
    InterruptionView: Space [P E X];
    InterruptionViewSubmitResponsible: Space [P E X];
    LibraryVariableSetCreate: Space [];
    LibraryVariableSetDelete: Space [];
    LibraryVariableSetEdit: Space [];
    LibraryVariableSetView: Space [];
    LifecycleCreate: Space [];
    LifecycleDelete: Space [];
    LifecycleEdit: Space [];
    LifecycleView: Space [];
    MachineCreate: Space [E T];
    MachineDelete: Space [E T];
    MachineEdit: Space [E T];
    MachinePolicyCreate: Space [];
    MachinePolicyDelete: Space [];
    MachinePolicyEdit: Space [];
    MachinePolicyView: Space [];
    MachineView: Space [E T];
    PlatformHubEdit: System [];
    PlatformHubView: System [];
    ProcessEdit: Space [P];
    ProcessView: Space [P];
    ProjectCreate: Space [G];
    ProjectDelete: Space [P T];
    ProjectEdit: Space [P T];
    ProjectGroupCreate: Space [G];
    ProjectGroupDelete: Space [G];
    ProjectGroupEdit: Space [G];
    ProjectGroupView: Space [G];
    ProjectView: Space [P T];
    ProxyCreate: Space [];
    ProxyDelete: Space [];
    ProxyEdit: Space [];
    ProxyView: Space [];
    ReleaseCreate: Space [P T];
    ReleaseDelete: Space [P T];
    ReleaseEdit: Space [P T];
    ReleaseView: Space [P T];
    RetentionAdminister: Space [];
    RunbookEdit: Space [P];
    RunbookRunCreate: Space [P E X];
    RunbookRunDelete: Space [P E X];
    RunbookRunView: Space [P E X];
    RunbookSnapshotCreate: Space [P];
    RunbookView: Space [P];
    SpaceCreate: System [];
    SpaceDelete: System [];
    SpaceEdit: System [];
    SpaceView: System [];
    SshKnownHostsAdminister: Space [];
    SshKnownHostsView: Space [];
    SubscriptionCreate: Space [];
    SubscriptionDelete: Space [];
    SubscriptionEdit: Space [];
    SubscriptionView: Space [];
    TagSetCreate: Space [];
    TagSetDelete: Space [];
    TagSetEdit: Space [];
    TargetTagAdminister: Space [];
    TargetTagView: Space [];
    TaskCancel: Both [P E T];
    TaskCreate: Both [P E T];
    TaskEdit: Both [P E T];
    TaskPrioritize: System [];
    TaskView: Both [P E T];
    TaskViewLog: Both [P E T];
    TeamCreate: Both [];
    TeamDelete: Both [];
    TeamEdit: Both [];
    TeamView: Both [];
    TelemetryView: System [];
    TenantCreate: Space [T];
    TenantDelete: Space [T];
    TenantEdit: Space [T];
    TenantView: Space [T];
    TriggerCreate: Space [P];
    TriggerDelete: Space [P];
    TriggerEdit: Space [P];
    TriggerView: Space [P];
    UserEdit: System [];
    UserInvite: System [];
    UserRoleEdit: System [];
    UserRoleView: System [];
    UserView: System [];
    VariableEdit: Space [P E];
    VariableEditUnscoped: Space [P];
    VariableView: Space [P E];
    VariableViewUnscoped: Space [P];
    WorkerEdit: Space [];
    WorkerView: Space [];
}

impl Permission {
    /// Whether it only lets people look.
    #[must_use]
    pub fn is_view(self) -> bool {
        let name = self.as_str();
        name.ends_with("View")
            || matches!(
                self,
                Self::TaskViewLog | Self::VariableViewUnscoped | Self::BuiltInFeedDownload
            )
    }
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
