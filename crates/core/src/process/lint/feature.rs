//! Steps that deploy a package and ask for more than happens.

use super::Subject;
use crate::process::package_feature;
use crate::process::problem::{Kind, Problem};

pub(super) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for i in subject.positions() {
        for (j, action) in subject.step(i).actions.iter().enumerate() {
            for missing in package_feature::missing(action) {
                let message = format!(
                    "{} asks for something this server cannot do: {}. Take it out, and do it in a script.",
                    action.name, missing.what
                );
                let field = format!("Steps[{i}].Actions[{j}].Properties[{}]", missing.property);
                let problem = subject.problem(Kind::UnsupportedFeature, &[i], message);
                problems.push(problem.at(field));
            }
        }
    }
}
