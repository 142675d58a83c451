//! Text with references: `${name}`, `${env.path}`, `${steps.<id>.<output>}`, and nothing else.
//!
//! A `$` anywhere else is a `$`; `${` itself is written `$${`.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::StepId;
use crate::slug::{is_id, is_name};

/// Text with references to be filled in. `$${` stands for a literal `${`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// Something to fill in.
    Reference(Reference),
}

/// What a template refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// `${name}`: a parameter of the run.
    Parameter(String),
    /// `${env.path}`: a value of the environment.
    Environment(String),
    /// `${steps.<id>.<output>}`: what an earlier step left.
    Output {
        /// The step.
        step: StepId,
        /// The output's name.
        name: String,
    },
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(name) => write!(f, "${{{name}}}"),
            Self::Environment(path) => write!(f, "${{env.{path}}}"),
            Self::Output { step, name } => write!(f, "${{steps.{step}.{name}}}"),
        }
    }
}

/// Why text isn't a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A `${` that nothing closes.
    #[error("a `${{` is not closed")]
    Unclosed,
    /// Something between the braces that is none of the three.
    #[error("`${{{0}}}` is no reference")]
    Reference(String),
}

/// A reference that has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", in_words(.0))]
pub struct MissingValue(pub Reference);

fn in_words(reference: &Reference) -> String {
    match reference {
        Reference::Parameter(name) => format!("the parameter {name}"),
        Reference::Environment(path) => format!("the environment's {path}"),
        Reference::Output { step, name } => format!("the output {name} of the step {step}"),
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// A `${` that isn't closed, or holds something else than a reference.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, after) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('$') {
                literal.push_str(before);
                literal.push_str("${");
                rest = &after[2..];
                continue;
            }
            literal.push_str(before);
            let (inside, after) = after[2..].split_once('}').ok_or(TemplateError::Unclosed)?;
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Reference(reference(inside)?));
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() || parts.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }

    /// A template that is only text.
    pub fn literal(text: &str) -> Self {
        Self { parts: vec![Part::Text(text.to_owned())] }
    }

    /// Its pieces, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Its references, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference(reference) => Some(reference),
            Part::Text(_) => None,
        })
    }

    /// The one reference it consists of, if that is all it is.
    pub fn sole_reference(&self) -> Option<&Reference> {
        match self.parts.as_slice() {
            [Part::Reference(reference)] => Some(reference),
            _ => None,
        }
    }

    /// Its text, if it has no references.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Its text with every reference filled in by `value`.
    ///
    /// # Errors
    /// The first reference that `value` has nothing for.
    pub fn render(&self, value: &dyn Fn(&Reference) -> Option<String>) -> Result<String, MissingValue> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Reference(reference) => {
                    text.push_str(&value(reference).ok_or_else(|| MissingValue(reference.clone()))?);
                }
            }
        }
        Ok(text)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(&text.replace("${", "$${")),
            Part::Reference(reference) => reference.fmt(f),
        })
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn reference(inside: &str) -> Result<Reference, TemplateError> {
    let bad = || TemplateError::Reference(inside.to_owned());
    match inside.split('.').collect::<Vec<_>>().as_slice() {
        [name] if is_name(name) => Ok(Reference::Parameter((*name).to_owned())),
        ["env", path @ ..] if !path.is_empty() && path.iter().all(|part| is_name(part)) => {
            Ok(Reference::Environment(path.join(".")))
        }
        ["steps", step, name] if is_id(step) && is_name(name) => {
            Ok(Reference::Output { step: StepId((*step).to_owned()), name: (*name).to_owned() })
        }
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(reference: &Reference) -> Option<String> {
        match reference {
            Reference::Parameter(name) => (name == "bucket").then(|| "photos".to_owned()),
            Reference::Environment(path) => Some(format!("<{path}>")),
            Reference::Output { step, name } => Some(format!("{step}/{name}")),
        }
    }

    #[test]
    fn references_are_filled_in() {
        for (text, rendered) in [
            ("", ""),
            ("plain $5 text", "plain $5 text"),
            ("${bucket}", "photos"),
            ("s3://${bucket}/${env.photos.prefix}!", "s3://photos/<photos.prefix>!"),
            ("${steps.restore.failed} failed", "restore/failed failed"),
            ("$${bucket} costs $$5 }", "${bucket} costs $$5 }"),
            ("${bucket}$${bucket}${bucket}", "photos${bucket}photos"),
        ] {
            let template = Template::parse(text).unwrap();
            assert_eq!(template.render(&value_of).unwrap(), rendered, "{text}");
            assert_eq!(template.to_string(), text);
        }
    }

    #[test]
    fn nothing_else_is_an_expression() {
        for text in [
            "${}",
            "${ a }",
            "${a-b}",
            "${a.b}",
            "${env.a}x${",
            "${env.}",
            "${env.a..b}",
            "${steps.a}",
            "${steps.A.b}",
            "${steps.a.b.c}",
            "${a:-b}",
            "${1a}",
            "a ${bucket",
            "${${bucket}}",
        ] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let template = Template::parse("a ${restore_to}").unwrap();
        assert_eq!(template.render(&value_of).unwrap_err().to_string(), "the parameter restore_to");
    }
}
