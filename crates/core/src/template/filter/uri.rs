//! Parts of URIs, under the names of .NET's `Uri`.

use url::{Host, Url};

use super::Input;

/// The part named by the option; what is wrong stands in the result (Octopus' rule).
pub(super) fn part(input: &Input<'_>) -> Option<String> {
    let (value, name) = input.with_one()?;
    let result = match Url::parse(value.trim()) {
        Ok(url) => of(&url, name),
        Err(_) if name.eq_ignore_ascii_case("IsAbsoluteUri") => Ok("False".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    Some(result.unwrap_or_else(|error| format!("[UriPart {name} error: {error}]")))
}

fn of(url: &Url, name: &str) -> Result<String, String> {
    let flag = |set: bool| if set { "True" } else { "False" }.to_owned();
    let text = match name.to_ascii_lowercase().as_str() {
        "absolutepath" | "path" => url.path().to_owned(),
        "absoluteuri" => url.as_str().to_owned(),
        "authority" => authority(url),
        "dnssafehost" | "host" => host(url, name.len() > "host".len()),
        "fragment" => url
            .fragment()
            .map(|text| format!("#{text}"))
            .unwrap_or_default(),
        "hostandport" => format!("{}:{}", host(url, false), port(url)),
        "hostnametype" => host_kind(url).to_owned(),
        "isabsoluteuri" => flag(true),
        "isdefaultport" => flag(url.port().is_none()),
        "isfile" => flag(url.scheme() == "file"),
        "isloopback" => flag(is_loopback(url)),
        "isunc" => flag(url.scheme() == "file" && url.host().is_some()),
        "pathandquery" => format!("{}{}", url.path(), query(url)),
        "port" => port(url),
        "query" => query(url),
        "scheme" => url.scheme().to_owned(),
        "schemeandserver" => format!("{}://{}", url.scheme(), authority(url)),
        "userinfo" => user_info(url),
        _ => return Err("there is no part with this name".to_owned()),
    };
    Ok(text)
}

fn query(url: &Url) -> String {
    url.query()
        .map(|text| format!("?{text}"))
        .unwrap_or_default()
}

fn host(url: &Url, dns_safe: bool) -> String {
    match url.host() {
        Some(Host::Ipv6(address)) if dns_safe => address.to_string(),
        _ => url.host_str().unwrap_or_default().to_owned(),
    }
}

fn port(url: &Url) -> String {
    url.port_or_known_default()
        .map_or_else(|| "-1".to_owned(), |port| port.to_string())
}

fn authority(url: &Url) -> String {
    match url.port() {
        Some(port) => format!("{}:{port}", host(url, false)),
        None => host(url, false),
    }
}

fn host_kind(url: &Url) -> &'static str {
    match url.host() {
        Some(Host::Domain(_)) => "Dns",
        Some(Host::Ipv4(_)) => "IPv4",
        Some(Host::Ipv6(_)) => "IPv6",
        None if url.scheme() == "file" => "Basic",
        None => "Unknown",
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => url.scheme() == "file",
    }
}

fn user_info(url: &Url) -> String {
    match url.password() {
        Some(password) => format!("{}:{password}", url.username()),
        None => url.username().to_owned(),
    }
}
