//! Answers that send the client somewhere else. It never goes: a person looks at the address first.

use reqwest::{Response, Url, header};

use crate::failure::Failure;

pub(super) fn elsewhere(base: &str, answer: &Response) -> Failure {
    let status = answer.status();
    let said = answer.headers().get(header::LOCATION);
    let target = said
        .and_then(|location| location.to_str().ok())
        .and_then(|location| answer.url().join(location).ok());
    let what = match &target {
        Some(target) => format!("{base} sends its clients to {target} ({status})."),
        None => format!("{base} answered {status}, and does not say where to go instead."),
    };
    let mut failure = Failure::usage(what)
        .why("Nobody is followed there, so that a key is only sent to the server it is for.");
    failure.next = Some(
        match target.and_then(|target| server(base, answer.url(), &target)) {
            Some(server) => format!("regatta login {server}"),
            None => "check the address of the server".to_owned(),
        },
    );
    failure.api = Some((status.as_u16(), String::new()));
    failure
}

/// The address of the other server: of the target what is left without the path that was asked for.
fn server(base: &str, asked: &Url, target: &Url) -> Option<String> {
    let own = Url::parse(base).ok()?;
    let path = asked
        .path()
        .strip_prefix(own.path().trim_end_matches('/'))
        .unwrap_or_default();
    let before = target.path().strip_suffix(path)?;
    let server = format!("{}{before}", target.origin().ascii_serialization());
    let is_other = server != base && matches!(target.scheme(), "http" | "https");
    is_other.then_some(server)
}
