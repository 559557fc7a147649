//! Builds the `WHERE` of a list together with its parameters. Texts never become part of the SQL.

use std::fmt::Write as _;

use crate::value::Value;

/// Conditions joined by AND.
#[derive(Clone, Default)]
pub(crate) struct Filter {
    sql: String,
    values: Vec<Value>,
}

impl Filter {
    /// A condition without parameters.
    pub(crate) fn and(&mut self, condition: &str) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(condition);
    }

    /// `left` ends with an operator, e.g. `serial >`.
    pub(crate) fn compare(&mut self, left: &str, value: impl Into<Value>) {
        let number = self.push(value.into());
        self.and(&format!("{left} ${number}"));
    }

    pub(crate) fn equals(&mut self, column: &str, value: impl Into<Value>) {
        self.compare(&format!("{column} ="), value);
    }

    pub(crate) fn equals_if(&mut self, column: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.equals(column, text);
        }
    }

    /// The column holds one of these; an empty list matches nothing.
    pub(crate) fn one_of(&mut self, column: &str, texts: &[String]) {
        let list = self.list(texts);
        self.and(&format!("{column} IN ({list})"));
    }

    /// The lower-case text of the column contains `part` in any case of letters; an empty part matches everything.
    pub(crate) fn contains(&mut self, column: &str, part: &str) {
        if part.is_empty() {
            return;
        }
        let escaped = part
            .to_lowercase()
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        let number = self.push(Value::from(format!("%{escaped}%")));
        self.and(&format!("{column} LIKE ${number} ESCAPE '\\'"));
    }

    /// Of one of the alternatives, every list holds: `{subquery} (list))`. No alternative at all: nothing matches.
    pub(crate) fn any_of_all(&mut self, subquery: &str, alternatives: &[Vec<Vec<String>>]) {
        let mut any = vec!["0 = 1".to_owned()];
        for lists in alternatives {
            let mut all = vec!["1 = 1".to_owned()];
            for list in lists {
                let list = self.list(list);
                all.push(format!("{subquery} ({list}))"));
            }
            any.push(format!("({})", all.join(" AND ")));
        }
        self.and(&format!("({})", any.join(" OR ")));
    }

    /// The parameters for `texts`, as the inside of an `IN ( )`.
    pub(crate) fn list(&mut self, texts: &[String]) -> String {
        if texts.is_empty() {
            return "NULL".to_owned();
        }
        let numbers: Vec<_> = texts
            .iter()
            .map(|text| format!("${}", self.push(Value::from(text))))
            .collect();
        numbers.join(", ")
    }

    fn push(&mut self, value: Value) -> usize {
        self.values.push(value);
        self.values.len()
    }

    /// `{select} WHERE … {order}`, all rows.
    pub(crate) fn statement(self, select: &str, order: &str) -> (String, Vec<Value>) {
        let mut sql = select.to_owned();
        if !self.sql.is_empty() {
            let _ = write!(sql, " WHERE {}", self.sql);
        }
        if !order.is_empty() {
            let _ = write!(sql, " ORDER BY {order}");
        }
        (sql, self.values)
    }

    /// Like [`Self::statement`], a part of the rows only.
    pub(crate) fn page(
        self,
        select: &str,
        order: &str,
        skip: u64,
        take: Option<u64>,
    ) -> (String, Vec<Value>) {
        let (mut sql, mut values) = self.statement(select, order);
        if take.is_some() || skip > 0 {
            values.push(Value::from(to_i64(take.unwrap_or(u64::MAX))));
            values.push(Value::from(to_i64(skip)));
            let _ = write!(sql, " LIMIT ${} OFFSET ${}", values.len() - 1, values.len());
        }
        (sql, values)
    }
}

/// A count or position as the database holds it.
pub(crate) fn to_i64(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
