//! XML files. The name of a variable is a path (`//add[@key='Host']/@value`) with the prefixes the file declares;
//! everything it leads to gets the value.

use super::{Named, Replaced, StructuredError, Values};
use crate::xml::{Document, Guide, XPath, XPathError};

pub(super) fn replace(text: &str, values: &Values) -> Result<Replaced, StructuredError> {
    let mut document = Document::parse(text)?;
    let guide = Guide::of(&document);
    let (mut names, mut unfit) = (Vec::new(), Vec::new());
    for named in values.0.values() {
        match put(&mut document, &guide, named) {
            Ok(Done::Nothing) => {}
            Ok(Done::Put) => names.push(named.name.clone()),
            Ok(Done::Unfit) => unfit.push(named.name.clone()),
            // Most names with a colon are no paths; one that starts like a path was meant as one.
            Err(_) if named.name.starts_with('/') => unfit.push(named.name.clone()),
            Err(_) => {}
        }
    }
    Ok(Replaced {
        text: document.text(),
        names,
        unfit,
    })
}

enum Done {
    /// The path leads nowhere.
    Nothing,
    Put,
    /// It leads to what cannot hold the value.
    Unfit,
}

fn put(document: &mut Document, guide: &Guide, named: &Named) -> Result<Done, XPathError> {
    if !named.name.contains(['/', ':']) {
        return Ok(Done::Nothing);
    }
    let path = XPath::parse(&named.name)?;
    let mut done = Done::Nothing;
    for place in path.places(document, Document::ROOT, guide)? {
        let is_put = document.put(place, &named.value);
        done = match done {
            Done::Unfit => Done::Unfit,
            _ if is_put => Done::Put,
            _ => Done::Unfit,
        };
    }
    Ok(done)
}
