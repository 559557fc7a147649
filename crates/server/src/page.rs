//! The envelope of a list: counts, items and the links to the other pages (octopus-api §1.6).

use serde_json::{Map, Value, json};

use crate::query::{Query, TAKE_ALL};

/// The body of a page. `path` is the server-absolute path of the list, `template` its link template.
#[must_use]
pub fn page(item_type: &str, items: Vec<Value>, total: u64, path: &str, query: &Query) -> Value {
    // The window was valid when the items were read.
    let (skip, take) = query.window().unwrap_or((0, crate::query::TAKE_DEFAULT));
    let size = take.max(1);
    let pages = total.div_ceil(size).max(1);
    let mut links = Map::new();
    let mut link = |name: &str, skip: u64, take: u64| {
        links.insert(
            name.to_owned(),
            Value::from(format!("{path}{}", query.with_window(skip, take))),
        );
    };
    link("Self", skip, take);
    link("Page.All", 0, TAKE_ALL);
    link("Page.Current", skip, take);
    link("Page.Last", (pages - 1).saturating_mul(size), take);
    if take > 0 && skip.saturating_add(take) < total {
        link("Page.Next", skip + take, take);
    }
    if skip > 0 {
        link("Page.Previous", skip.saturating_sub(take), take);
    }
    links.insert(
        "Template".to_owned(),
        Value::from(format!("{path}{{?skip,take,ids,partialName}}")),
    );
    json!({
        "ItemType": item_type,
        "TotalResults": total,
        "ItemsPerPage": take,
        "NumberOfPages": pages,
        "LastPageNumber": pages - 1,
        "Items": items,
        "Links": links,
    })
}

/// The part of a list that is in memory already.
#[must_use]
pub fn window<T>(items: Vec<T>, query: &Query) -> Vec<T> {
    let (skip, take) = query.window().unwrap_or((0, crate::query::TAKE_DEFAULT));
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    items
        .into_iter()
        .skip(skip)
        .take(usize::try_from(take).unwrap_or(usize::MAX))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_next() {
        let query = Query::parse("skip=2&take=2&partialName=x").unwrap();
        let body = page(
            "Project",
            vec![json!(1)],
            3,
            "/api/Spaces-1/projects",
            &query,
        );
        insta::assert_json_snapshot!(body, @r#"
        {
          "ItemType": "Project",
          "TotalResults": 3,
          "ItemsPerPage": 2,
          "NumberOfPages": 2,
          "LastPageNumber": 1,
          "Items": [
            1
          ],
          "Links": {
            "Self": "/api/Spaces-1/projects?skip=2&take=2&partialName=x",
            "Page.All": "/api/Spaces-1/projects?skip=0&take=2147483647&partialName=x",
            "Page.Current": "/api/Spaces-1/projects?skip=2&take=2&partialName=x",
            "Page.Last": "/api/Spaces-1/projects?skip=2&take=2&partialName=x",
            "Page.Previous": "/api/Spaces-1/projects?skip=0&take=2&partialName=x",
            "Template": "/api/Spaces-1/projects{?skip,take,ids,partialName}"
          }
        }
        "#);
    }

    #[test]
    fn every_page_but_the_last_names_the_next_and_taking_nothing_ends() {
        let next = |raw: &str, total| {
            let body = page("X", vec![], total, "/x", &Query::parse(raw).unwrap());
            body["Links"]["Page.Next"].as_str().map(str::to_owned)
        };
        assert_eq!(next("", 31), Some("/x?skip=30&take=30".to_owned()));
        assert_eq!(next("", 30), None);
        assert_eq!(next("take=0", 30), None);
        assert_eq!(next("skip=9999", 30), None);
    }
}
