//! The settings of .NET's configuration files: what stands under a name in `appSettings`, `connectionStrings` and
//! `applicationSettings` is the value of the variable of that name.

use super::{Replaced, StructuredError, Values};
use crate::xml::{Document, is_writable};

impl Values {
    /// The file with the values of its settings; names of the system count, too.
    ///
    /// # Errors
    /// When it is no XML.
    pub fn put_into_settings(&self, text: &str) -> Result<Replaced, StructuredError> {
        let mut document = Document::parse(text)?;
        let (mut names, mut unfit) = (Vec::new(), Vec::new());
        for setting in document.settings() {
            let Some(named) = self.of(&setting.name) else {
                continue;
            };
            if is_writable(&named.value) {
                document.put_setting(&setting, &named.value);
                names.push(named.name.clone());
            } else {
                unfit.push(named.name.clone());
            }
        }
        Ok(Replaced {
            text: document.text(),
            names,
            unfit,
        })
    }
}
