//! What clients of Octopus Deploy call, at the first two of three priorities: one row for what belongs together.

use super::Row;

const fn row(priority: u8, what: &'static str, calls: &'static [&'static str]) -> Row {
    Row {
        priority,
        what,
        calls,
        tests: &[],
        about: "",
    }
}

impl Row {
    /// Tests of what the calls do, beyond those that cover every operation.
    const fn shown(mut self, tests: &'static [&'static str]) -> Self {
        self.tests = tests;
        self
    }

    const fn about(mut self, words: &'static str) -> Self {
        self.about = words;
        self
    }
}

/// `CRUD` stands for listing, making, reading, replacing and deleting, `CRUD+all` also for the list without pages.
pub(super) const ROWS: &[Row] = &[
    // Without these no pipeline works.
    row(0, "Root of the server", &["GET /"]).shown(&["server wire::the_roots_hold_every_link_as_text"]),
    row(0, "Root of a space", &["GET /{s}"]).shown(&["server wire::the_roots_hold_every_link_as_text"]),
    row(0, "Feature toggles", &["GET /configuration/feature-toggles"]).shown(&["regatta conversation::server::a_client_finds_its_way_in"]),
    row(0, "Who am I", &["GET /users/me"]).shown(&["server identity::a_credential_that_is_present_and_bad_is_never_anonymous"]),
    row(0, "Spaces", &["CRUD+all /spaces"]).shown(&["regatta npm::smoke::from_a_new_space_to_a_finished_deployment_and_away_again"]),
    row(0, "Project groups", &["CRUD+all /{s}/projectgroups", "GET /{s}/projectgroups/{id}/projects"]).shown(&["server resource::documents_are_created_found_replaced_and_deleted"]),
    row(0, "Lifecycles", &["CRUD+all /{s}/lifecycles", "GET /{s}/lifecycles/{id}/projects", "GET /{s}/lifecycles/{id}/preview"]).shown(&["server client_calls::a_lifecycle_shows_the_phases_it_has_today", "server resource::documents_are_created_found_replaced_and_deleted"]),
    row(0, "Environments", &["CRUD+all /{s}/environments", "PUT /{s}/environments/sortorder", "GET /{s}/environments/summary"]).shown(&["server resource::documents_are_created_found_replaced_and_deleted", "regatta npm::records::tenants_tags_environments_and_what_is_deployed_for_them"]),
    row(0, "Environments by type", &["GET /{s}/environments/v2"]).shown(&["regatta npm::records::tenants_tags_environments_and_what_is_deployed_for_them"]).about("All are static."),
    row(0, "Projects", &["CRUD+all /{s}/projects"]).shown(&["server project::a_new_project_brings_a_channel_a_process_variables_and_settings", "server project::no_answer_ever_holds_a_secret"]).about("A clone is made with `?clone=`."),
    row(0, "Channels of a project", &["GET /{s}/projects/{p}/channels", "GET /{s}/projects/{p}/channels/{id}"]).shown(&["server project::a_new_project_brings_a_channel_a_process_variables_and_settings"]),
    row(0, "Releases of a project", &["GET /{s}/projects/{p}/releases", "GET /{s}/projects/{p}/releases/{version}"]).shown(&["regatta npm::smoke::versions_count_up_and_a_release_is_made_once"]),
    row(0, "Deployment process of a project", &["GET /{s}/projects/{p}/deploymentprocesses", "PUT /{s}/projects/{p}/deploymentprocesses", "GET /{s}/projects/{p}/deploymentprocesses/template"]).shown(&["server project::a_process_is_saved_at_every_address_and_keeps_ids", "regatta npm::graph::a_graph_survives_what_the_client_reads_changes_and_saves"]),
    row(0, "Deployment processes by id, frozen ones too", &["GET /{s}/deploymentprocesses", "GET /{s}/deploymentprocesses/{id}", "PUT /{s}/deploymentprocesses/{id}", "GET /{s}/deploymentprocesses/{id}/template"]).shown(&["server project::a_process_is_saved_at_every_address_and_keeps_ids"]),
    row(0, "Channels", &["CRUD+all /{s}/channels", "GET /{s}/channels/rule-test"]).shown(&["regatta conversation::project::a_project_is_set_up"]),
    row(0, "Packages", &["GET /{s}/packages", "GET /{s}/packages/{id}", "DELETE /{s}/packages/{id}", "DELETE /{s}/packages/bulk"]).shown(&["server package::push::a_package_is_kept_as_it_was_sent_and_says_what_it_is", "regatta conversation::package::packages_are_uploaded_listed_and_deleted"]),
    row(0, "Package upload", &["POST /{s}/packages/raw"]).shown(&["server package::hostile::an_upload_that_breaks_off_leaves_nothing", "regatta npm::packages::packages_of_any_size_are_pushed_found_and_know_their_build"]),
    row(0, "Feeds", &["CRUD+all /{s}/feeds", "GET /feeds/stats"]).shown(&["server client_calls::the_built_in_feed_can_be_renamed_and_stays_what_it_is", "regatta conversation::infrastructure::infrastructure_is_made"]),
    row(0, "Versions of a package in a feed", &["GET /{s}/feeds/{id}/packages/versions"]).shown(&["server package::feed::versions_come_newest_first_and_are_chosen_by_range_and_tag"]),
    row(0, "Release by command", &["POST /{s}/releases/create/v1"]).shown(&["regatta npm::smoke::versions_count_up_and_a_release_is_made_once"]),
    row(0, "Releases", &["GET /{s}/releases", "GET /{s}/releases/{id}"]).shown(&["regatta npm::smoke::versions_count_up_and_a_release_is_made_once"]),
    row(0, "Deployment by command", &["POST /{s}/deployments/create/untenanted/v1"]).shown(&["regatta npm::smoke::from_a_new_space_to_a_finished_deployment_and_away_again", "regatta deployment::a_request_sent_again_with_its_key_deploys_once"]),
    row(0, "Deployment for tenants by command", &["POST /{s}/deployments/create/tenanted/v1"]).shown(&["regatta tenant::each_tenant_gets_a_deployment_of_its_own_with_its_own_values"]),
    row(0, "Deployments", &["GET /{s}/deployments", "GET /{s}/deployments/{id}"]).shown(&["regatta npm::records::tenants_tags_environments_and_what_is_deployed_for_them"]),
    row(0, "Tasks", &["GET /tasks", "GET /{s}/tasks", "GET /tasks/{id}", "GET /{s}/tasks/{id}"]).shown(&["regatta npm::waiting::waiting_ends_in_time_and_cancels_when_it_is_told_to"]),
    row(0, "Details of a task", &["GET /tasks/{id}/details", "GET /{s}/tasks/{id}/details"]).shown(&["regatta npm::smoke::from_a_new_space_to_a_finished_deployment_and_away_again"]),
    row(0, "Log of a task as text", &["GET /tasks/{id}/raw", "GET /{s}/tasks/{id}/raw"]).shown(&["regatta npm::smoke::from_a_new_space_to_a_finished_deployment_and_away_again"]),
    row(0, "Cancelling a task", &["POST /tasks/{id}/cancel", "POST /{s}/tasks/{id}/cancel"]).shown(&["regatta deployment::stopping::a_cancelled_deployment_ends_its_scripts_and_starts_nothing_more", "regatta npm::waiting::waiting_ends_in_time_and_cancels_when_it_is_told_to"]),
    row(0, "Variables, read", &["GET /{s}/variables/{id}", "GET /{s}/variables/all"]).shown(&["server project::variables_are_not_overwritten_by_a_save_without_a_version"]),
    row(0, "Deployment targets", &["CRUD+all /{s}/machines", "GET /{s}/machines/discover", "GET /{s}/machines/{id}/connection", "GET /{s}/machines/{id}/tasks", "GET /{s}/machines/operatingsystem/names/all", "GET /{s}/machines/operatingsystem/shells/all"]).shown(&["regatta conversation::infrastructure::infrastructure_is_made"]).about("Kept and checked; a worker acts on their behalf."),
    // The rest of every day.
    row(1, "Discovery of token exchange", &["GET /.well-known/openid-configuration", "POST /token/v1"]),
    row(1, "Capabilities", &["GET /capabilities"]).shown(&["regatta conversation::server::a_client_finds_its_way_in"]),
    row(1, "Targets of an environment", &["GET /{s}/environments/{id}/machines"]).shown(&["regatta conversation::infrastructure::infrastructure_is_made"]),
    row(1, "Project pages", &["GET /{s}/projects/{p}/summary", "GET /{s}/projects/{p}/progression", "GET /{s}/projects/pulse", "GET /{s}/projects/experimental/summaries", "GET /{s}/projects/{p}/logo", "GET /{s}/projects/{p}/metadata"]).shown(&["server project::a_new_project_brings_a_channel_a_process_variables_and_settings"]),
    row(1, "Releases of a channel", &["GET /{s}/projects/{p}/channels/{c}/releases"]).shown(&["regatta conversation::release::a_release_is_made_deployed_and_waited_for"]),
    row(1, "Deployment settings", &["GET /{s}/projects/{p}/deploymentsettings", "PUT /{s}/projects/{p}/deploymentsettings"]).shown(&["server project::settings_and_project_show_the_same"]),
    row(1, "Projects in git", &["POST /{s}/projects/{p}/git/convert", "GET /{s}/projects/{p}/git/branches", "GET /{s}/projects/{p}/git/tags", "GET /{s}/projects/{p}/git/commits", "POST /{s}/projects/{p}/git/branches/v2", "GET /{s}/projects/{p}/{gitRef}/variables", "PUT /{s}/projects/{p}/{gitRef}/variables"]),
    row(1, "Variables of a project", &["GET /{s}/projects/{p}/variables"]).shown(&["server project::variables_are_not_overwritten_by_a_save_without_a_version"]),
    row(1, "Triggers of a project", &["GET /{s}/projects/{p}/triggers", "POST /{s}/projects/{p}/triggers", "GET /{s}/projects/{p}/triggers/{id}", "PUT /{s}/projects/{p}/triggers/{id}", "DELETE /{s}/projects/{p}/triggers/{id}"]),
    row(1, "Package deltas", &["GET /{s}/packages/{id}/{version}/delta-signature", "POST /{s}/packages/{id}/{version}/delta"]),
    row(1, "Package contents and notes", &["GET /{s}/packages/{id}/raw", "GET /{s}/packages/notes", "GET /{s}/package-metadata"]).shown(&["server package::feed::notes_are_answered_for_each_package"]),
    row(1, "Build information", &["GET /{s}/build-information", "POST /{s}/build-information", "GET /{s}/build-information/{id}", "DELETE /{s}/build-information/{id}", "DELETE /{s}/build-information/bulk"]).shown(&["server package::build::a_build_is_found_with_its_package"]),
    row(1, "Package search in a feed", &["GET /{s}/feeds/{id}/packages/search"]).shown(&["server package::feed::packages_are_listed_searched_and_counted"]),
    row(1, "Releases, made and changed", &["POST /{s}/releases", "PUT /{s}/releases/{id}", "DELETE /{s}/releases/{id}"]).shown(&["regatta conversation::release::a_release_is_made_deployed_and_waited_for"]),
    row(1, "Pages of a release", &["GET /{s}/releases/{id}/progression", "GET /{s}/releases/{id}/deployments", "GET /{s}/releases/{id}/deployments/template", "GET /{s}/releases/{id}/missingpackages"]).shown(&["server client_calls::a_release_says_what_was_changed_since_and_takes_single_variables", "regatta conversation::release::a_release_is_made_deployed_and_waited_for"]),
    row(1, "Defects of a release", &["GET /{s}/releases/{id}/defects", "POST /{s}/releases/{id}/defects", "POST /{s}/releases/{id}/defects/resolve"]),
    row(1, "Refreshed variables of a release", &["POST /{s}/releases/{id}/snapshot-variables", "POST /{s}/releases/{id}/snapshot-variables-by-name"]).shown(&["server client_calls::a_release_says_what_was_changed_since_and_takes_single_variables", "server deployment::frozen_variables_stay_as_long_as_something_was_deployed_with_them"]),
    row(1, "Previews of a deployment", &["GET /{s}/releases/{id}/deployments/preview/{e}", "GET /{s}/releases/{id}/deployments/preview/{e}/{t}", "POST /{s}/releases/{id}/deployments/previews"]).shown(&["regatta conversation::release::a_release_is_made_deployed_and_waited_for"]),
    row(1, "Deployments, made and deleted", &["POST /{s}/deployments", "DELETE /{s}/deployments/{id}"]).shown(&["server deployment::a_repeated_request_is_checked_again_and_its_key_is_forgotten_after_a_day"]),
    row(1, "Server tasks", &["POST /tasks"]),
    row(1, "Questions to people", &["GET /{s}/interruptions", "GET /{s}/interruptions/{id}", "POST /{s}/interruptions/{id}/submit", "GET /{s}/interruptions/{id}/responsible", "PUT /{s}/interruptions/{id}/responsible"]).shown(&["regatta deployment::question::two_questions_at_the_same_time_are_independent", "regatta deployment::question::a_guided_failure_is_retried_ignored_or_failed_as_a_person_says"]),
    row(1, "Artifacts", &["CRUD /{s}/artifacts", "GET /{s}/artifacts/{id}/content", "PUT /{s}/artifacts/{id}/content"]).shown(&["regatta artifact::clients_attach_rename_and_delete_files"]),
    row(1, "Audit", &["GET /events", "GET /{s}/events", "GET /events/{id}", "GET /events/categories", "GET /events/groups", "GET /events/agents", "GET /events/documenttypes", "GET /events/archives"]).shown(&["server permission::events_and_questions_are_inside_one_grant_as_a_whole"]),
    row(1, "Dashboard", &["GET /{s}/dashboard", "GET /{s}/dashboard/dynamic", "GET /{s}/dashboardconfiguration", "PUT /{s}/dashboardconfiguration"]).shown(&["server client_calls::everybody_configures_a_dashboard_of_their_own", "server stream::the_dashboard_shows_where_everything_is"]),
    row(1, "Runbooks", &["CRUD+all /{s}/runbooks", "GET /{s}/projects/{p}/runbooks"]).shown(&["regatta conversation::runbook::a_runbook_is_frozen_published_and_run"]),
    row(1, "Processes of runbooks", &["GET /{s}/runbookProcesses/{id}", "PUT /{s}/runbookProcesses/{id}", "GET /{s}/projects/{p}/runbookProcesses/{id}", "PUT /{s}/projects/{p}/runbookProcesses/{id}"]).shown(&["regatta conversation::runbook::a_runbook_is_frozen_published_and_run"]),
    row(1, "Snapshots of runbooks", &["GET /{s}/runbookSnapshots", "POST /{s}/runbookSnapshots", "GET /{s}/runbookSnapshots/{id}", "POST /{s}/projects/{p}/runbookSnapshots", "GET /{s}/projects/{p}/runbookSnapshots", "GET /{s}/projects/{p}/runbookSnapshots/{id}", "GET /{s}/projects/{p}/runbooks/{r}/runbookSnapshots", "GET /{s}/projects/{p}/runbooks/{r}/runbookSnapshotTemplate"]).shown(&["regatta conversation::runbook::a_runbook_is_frozen_published_and_run"]),
    row(1, "Runs of runbooks", &["POST /{s}/runbook-runs/create/v1", "GET /{s}/runbookRuns", "GET /{s}/runbookRuns/{id}"]).shown(&["regatta runbook::a_run_goes_by_its_graph_and_sees_what_is_the_runbooks"]),
    row(1, "Previews of runs", &["GET /{s}/projects/{p}/runbooks/{r}/environments", "GET /{s}/projects/{p}/runbooks/{r}/runbookRuns/preview/{e}", "POST /{s}/projects/{p}/runbooks/{r}/runbookRuns/previews", "GET /{s}/runbookSnapshots/{id}/runbookRuns/preview/{e}"]).shown(&["regatta runbook::a_run_is_listed_audited_previewed_and_run_again_as_one"]),
    row(1, "Variables, written", &["PUT /{s}/variables/{id}"]).shown(&["server project::variables_are_not_overwritten_by_a_save_without_a_version", "regatta conversation::project::a_project_is_set_up"]),
    row(1, "Names and preview of variables", &["GET /{s}/variables/names", "GET /{s}/variables/preview"]).shown(&["server project::a_new_project_brings_a_channel_a_process_variables_and_settings"]),
    row(1, "Library variable sets", &["CRUD+all /{s}/libraryvariablesets"]).shown(&["server tenant::a_library_set_has_variables_of_its_own_and_stays_while_it_is_included"]),
    row(1, "Accounts", &["CRUD+all /{s}/accounts", "GET /{s}/accounts/{id}/usages", "GET /accounts/azureenvironments"]).shown(&["server tenant::accounts_are_checked_by_kind_and_keep_their_secrets"]).about("Kept and checked; scripts get what is in one by a variable, nothing else signs in with it."),
    row(1, "Certificates", &["CRUD+all /{s}/certificates", "POST /{s}/certificates/{id}/replace", "POST /{s}/certificates/{id}/archive", "POST /{s}/certificates/{id}/unarchive", "GET /{s}/certificates/{id}/export", "GET /{s}/certificates/{id}/usages"]).shown(&["server certificate::a_file_is_read_kept_replaced_and_exported"]),
    row(1, "Git credentials", &["CRUD /{s}/git-credentials"]),
    row(1, "Target tags", &["GET /{s}/machineroles/all"]).shown(&["regatta conversation::infrastructure::infrastructure_is_made"]),
    row(1, "Machine policies", &["CRUD+all /{s}/machinepolicies", "GET /{s}/machinepolicies/template"]).shown(&["regatta conversation::infrastructure::infrastructure_is_made"]).about("Kept; nothing checks targets by one."),
    row(1, "Workers", &["CRUD+all /{s}/workers", "GET /{s}/workers/discover", "GET /{s}/workers/operatingsystem/names/all", "GET /{s}/workers/operatingsystem/shells/all"]).shown(&["regatta conversation::infrastructure::infrastructure_is_made"]).about("The built-in worker has no document, and no other can connect."),
    row(1, "Worker pools", &["CRUD+all /{s}/workerpools", "GET /{s}/workerpools/{id}/workers", "GET /{s}/workerpools/dynamicworkertypes", "GET /{s}/workerpools/supportedtypes", "GET /{s}/workerpools/summary", "PUT /{s}/workerpools/sortorder"]).shown(&["server resource::documents_are_created_found_replaced_and_deleted"]),
    row(1, "Proxies", &["CRUD+all /{s}/proxies"]).shown(&["server resource::documents_are_created_found_replaced_and_deleted"]).about("Kept; nothing connects through one."),
    row(1, "Tenants", &["CRUD+all /{s}/tenants", "GET /{s}/tenants/status", "GET /{s}/tenants/tag-test", "GET /{s}/tenants/variables-missing"]).shown(&["server tenant::tenants_are_found_by_tags_of_which_those_of_one_set_are_alternatives", "regatta npm::records::tenants_tags_environments_and_what_is_deployed_for_them"]).about("A clone is made with `?clone=`."),
    row(1, "Variables of a tenant, older form", &["GET /{s}/tenants/{id}/variables", "POST /{s}/tenants/{id}/variables", "PUT /{s}/tenants/{id}/variables"]).shown(&["server tenant::a_tenant_gives_values_in_both_forms_and_secrets_are_never_answered"]),
    row(1, "Variables of a tenant, newer form", &["GET /{s}/tenants/{id}/commonvariables", "PUT /{s}/tenants/{id}/commonvariables", "GET /{s}/tenants/{id}/projectvariables", "PUT /{s}/tenants/{id}/projectvariables"]).shown(&["server tenant::a_tenant_gives_values_in_both_forms_and_secrets_are_never_answered"]),
    row(1, "Tag sets", &["CRUD+all /{s}/tagsets", "PUT /{s}/tagsets/sortorder"]).shown(&["server tenant::tags_get_ids_and_names_and_are_checked_where_they_are_carried", "regatta npm::records::tenants_tags_environments_and_what_is_deployed_for_them"]),
    row(1, "Users", &["CRUD+all /users", "GET /users/{id}/permissions", "GET /users/{id}/permissions/configuration", "GET /users/{id}/spaces", "GET /users/{id}/teams", "GET /users/authentication", "GET /users/authentication/{id}", "GET /users/identity-metadata", "GET /users/external-search", "POST /users/login", "POST /users/logout", "POST /users/register", "POST /users/invitations"]).shown(&["server identity::a_session_needs_its_token_and_our_origin_for_changes", "server identity::anybody_changes_their_own_password_and_nothing_that_widens_their_rights"]),
    row(1, "API keys", &["GET /users/{id}/apikeys", "POST /users/{id}/apikeys", "GET /users/{id}/apikeys/{k}", "DELETE /users/{id}/apikeys/{k}"]).shown(&["server identity::keys_are_shown_once_expire_and_do_not_outlive_the_key_they_were_made_with"]),
    row(1, "Teams", &["CRUD+all /teams", "CRUD+all /{s}/teams", "GET /teams/{id}/scopeduserroles"]).shown(&["server giving::a_space_manager_gives_in_their_space_only", "server giving::what_is_built_in_stays_what_it_is"]),
    row(1, "Roles and what they grant", &["CRUD+all /userroles", "CRUD /scopeduserroles", "GET /permissions/all"]).shown(&["server matrix::the_table_decides_for_every_operation_and_built_in_role", "server permission::a_grant_restricted_to_one_project_shows_and_changes_only_that_one"]),
    row(1, "Identities of service accounts", &["GET /serviceaccounts/{id}/oidcidentities/v1", "POST /serviceaccounts/{id}/oidcidentities/create/v1", "GET /serviceaccounts/{id}/oidcidentities/{i}/v1", "PUT /serviceaccounts/{id}/oidcidentities/{i}/v1", "DELETE /serviceaccounts/{id}/oidcidentities/{i}/v1"]),
    row(1, "Triggers", &["CRUD /{s}/projecttriggers", "CRUD /{s}/scheduledprojecttriggers"]),
    row(1, "Retention of a space", &["GET /{s}/retentionpolicies", "PUT /{s}/retentionpolicies/{id}"]),
    row(1, "Step templates", &["CRUD+all /{s}/actiontemplates", "GET /{s}/actiontemplates/{id}/versions/{v}", "GET /{s}/actiontemplates/categories", "GET /{s}/actiontemplates/search", "GET /{s}/actiontemplates/{id}/logo", "GET /{s}/actiontemplates/{id}/usage"]),
    row(1, "Status of the server", &["GET /serverstatus", "GET /serverstatus/health", "GET /serverstatus/counts", "GET /serverstatus/system-info", "GET /serverstatus/system-report", "GET /serverstatus/timezones", "GET /serverstatus/logs", "GET /serverstatus/extensions"]).shown(&["regatta conversation::server::a_client_finds_its_way_in"]),
];
