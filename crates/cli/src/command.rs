//! The commands: one noun a file. Each turns its words into requests and shows the answers.

mod account;
mod audit;
mod call;
mod config;
mod deployment;
mod environment;
#[cfg(test)]
mod examples;
mod given;
mod login;
mod package;
mod pages;
mod process;
mod project;
mod release;
mod runbook;
pub(crate) mod server;
mod step;
mod target;
mod task;
mod user;
mod variable;
mod waiting;
mod written;

use clap::Subcommand;

use crate::api::Api;
use crate::exit::Exit;
use crate::failure::Result;
use crate::find::Naming;
use crate::options::Options;
use crate::session::Session;

pub(crate) use process::chain;

/// What a client command ends with.
type Ended = Result<Exit>;

/// The nouns.
#[derive(Subcommand)]
pub enum Command {
    /// Sign in to a server and remember it.
    Login(login::Login),
    /// Forget the key of the current profile.
    #[command(after_help = "Examples:\n  regatta logout\n  regatta logout --profile work")]
    Logout,
    /// Who you are, and on which server.
    #[command(after_help = "Examples:\n  regatta whoami\n  regatta whoami --profile work")]
    Whoami,
    /// Named sets of settings.
    #[command(subcommand)]
    Profile(account::Profile),
    /// Projects.
    #[command(subcommand)]
    Project(project::Project),
    /// Environments.
    #[command(subcommand)]
    Environment(environment::Environment),
    /// The deployment process of a project.
    #[command(subcommand)]
    Process(process::Process),
    /// The steps of a process.
    #[command(subcommand)]
    Step(step::Step),
    /// Releases, and deploying them.
    #[command(subcommand)]
    Release(release::Release),
    /// Deployments, running and past.
    #[command(subcommand)]
    Deployment(deployment::Deployment),
    /// Tasks of the server.
    #[command(subcommand)]
    Task(task::Task),
    /// Variables of a project.
    #[command(subcommand)]
    Variable(variable::Variable),
    /// Runbooks of a project, and running them.
    #[command(subcommand)]
    Runbook(runbook::Runbook),
    /// Deployment targets.
    #[command(subcommand)]
    Target(target::Target),
    /// Packages of the built-in feed.
    #[command(subcommand)]
    Package(package::Package),
    /// Users.
    #[command(subcommand)]
    User(user::User),
    /// Your API keys.
    #[command(subcommand)]
    ApiKey(user::ApiKey),
    /// Who did what, and when.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Call any address of the API.
    Api(call::Call),
    /// Settings, and where each comes from.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// A completion script for a shell.
    Completion(config::Completion),
    /// Asks a server how it is.
    #[command(skip)]
    ServerStatus(server::ServerStatus),
}

impl Command {
    /// What only shows something is content with the beginning of a name.
    const fn naming(&self) -> Naming {
        let only_shows = match self {
            Self::Project(project) => project.only_shows(),
            Self::Environment(environment) => environment.only_shows(),
            Self::Process(process) => process.only_shows(),
            Self::Step(step) => step.only_shows(),
            Self::Release(release) => release.only_shows(),
            Self::Deployment(deployment) => deployment.only_shows(),
            Self::Variable(variable) => variable.only_shows(),
            Self::Target(target) => target.only_shows(),
            Self::Package(package) => package.only_shows(),
            Self::Runbook(runbook) => runbook.only_shows(),
            Self::ApiKey(key) => key.only_shows(),
            Self::Whoami
            | Self::Task(_)
            | Self::User(_)
            | Self::Audit(_)
            | Self::ServerStatus(_)
            | Self::Completion(_) => true,
            Self::Login(_) | Self::Logout | Self::Profile(_) | Self::Config(_) | Self::Api(_) => {
                false
            }
        };
        if only_shows {
            Naming::Beginning
        } else {
            Naming::Whole
        }
    }
}

/// Deletes something, once a person or `--yes` has confirmed it.
async fn delete(
    session: &Session,
    api: &Api,
    (question, name): (&str, &str),
    path: &str,
) -> Result<()> {
    session.confirm(question)?;
    api.delete(path).await?;
    session.out.say(&format!("Deleted {name}."));
    Ok(())
}

pub(crate) async fn run(options: &Options, command: Command) -> Ended {
    if let Command::Completion(completion) = command {
        return completion.run();
    }
    let mut session = Session::open(options, command.naming())?;
    let ended = match command {
        Command::Login(login) => login.run(&mut session).await,
        Command::Logout => account::logout(&mut session),
        Command::Whoami => account::whoami(&session).await,
        Command::Profile(profile) => profile.run(&mut session),
        Command::Project(project) => project.run(&session).await,
        Command::Environment(environment) => environment.run(&session).await,
        Command::Process(process) => process.run(&session).await,
        Command::Step(step) => step.run(&session).await,
        Command::Release(release) => release.run(&session).await,
        Command::Deployment(deployment) => deployment.run(&session).await,
        Command::Task(task) => task.run(&session).await,
        Command::Variable(variable) => variable.run(&session).await,
        Command::Target(target) => target.run(&session).await,
        Command::Package(package) => package.run(&session).await,
        Command::Runbook(runbook) => runbook.run(&session).await,
        Command::User(user) => user.run(&session).await,
        Command::ApiKey(key) => key.run(&session).await,
        Command::Audit(audit) => audit.run(&session).await,
        Command::Api(call) => call.run(&session).await,
        Command::Config(config) => config.run(&mut session),
        Command::Completion(_) => Ok(Exit::Done),
        Command::ServerStatus(status) => status.run(&session).await,
    };
    session.tell_equivalent();
    ended
}
