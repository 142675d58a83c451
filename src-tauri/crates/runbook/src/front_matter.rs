//! The YAML between the two lines of dashes at the beginning of a file.

use std::ops::Range;

use action::ParamKind;
use jiff::civil::Date;

use crate::diagnostic::Code;
use crate::fields::Fields;
use crate::model::Objectives;
use crate::parameter::Parameter;
use crate::report::Report;
use crate::slug::{is_id, is_name};
use crate::yaml::{self, Excerpt, Node};

/// Every key of the front matter.
const KEYS: [&str; 10] = [
    "runbook",
    "title",
    "version",
    "owner",
    "reviewed",
    "systems",
    "objectives",
    "csf",
    "break_glass",
    "parameters",
];

/// Every key of a parameter.
const PARAMETER_KEYS: [&str; 6] = ["type", "default", "prompt", "required", "help", "choices"];

/// What the front matter says, and where.
#[derive(Debug, Default)]
pub(crate) struct FrontMatter {
    /// Where it stands; its first line.
    pub(crate) span: Range<usize>,
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) reviewed: Option<(Date, Range<usize>)>,
    pub(crate) systems: Vec<String>,
    pub(crate) objectives: Objectives,
    /// Where the RTO stands; the first line of the front matter when there is none.
    pub(crate) rto_span: Range<usize>,
    pub(crate) csf: Vec<String>,
    pub(crate) break_glass: bool,
    pub(crate) parameters: Vec<Placed>,
}

/// A parameter and where it stands.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) parameter: Parameter,
    /// Where its default stands, or its name.
    pub(crate) default: Range<usize>,
}

/// Splits the front matter off: what it says, `None` when it can't be read, and where the rest begins.
pub(crate) fn read(source: &str, report: &mut Report) -> (Option<FrontMatter>, usize) {
    let bom = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = source.get(bom..).unwrap_or_default().split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else {
        return (Some(FrontMatter { span: bom..bom, ..FrontMatter::default() }), bom);
    };
    let span = bom..bom + first.trim_end().len();
    let start = bom + first.len();
    let mut end = start;
    for line in lines {
        if line.trim_end() == "---" {
            let mut excerpt = Excerpt::default();
            excerpt.push(source.get(start..end).unwrap_or_default(), start);
            let front = yaml::read(&excerpt, report).and_then(|node| fields(&node, span, report));
            return (front, end + line.len());
        }
        end += line.len();
    }
    let hint = "End it with a line that holds three dashes; a rule can be written as ***.";
    report.add(Code::OpenFrontMatter, span, "the front matter that begins here never ends", hint);
    (None, source.len())
}

fn fields(node: &Node, span: Range<usize>, report: &mut Report) -> Option<FrontMatter> {
    let mut front = FrontMatter { rto_span: span.clone(), span, ..FrontMatter::default() };
    let mut fields = Fields::new(node, "the front matter", report)?;
    fields.known(&KEYS);
    front.id = fields.checked("runbook", "an id: lower-case letters, digits and hyphens", |text| {
        is_id(text).then(|| text.to_owned())
    });
    front.title = fields.text("title");
    front.version = fields.text("version");
    front.owner = fields.text("owner");
    let day = |text: &str| text.parse::<Date>().ok().filter(|_| text.len() == 10);
    let reviewed = fields.checked("reviewed", "a day, such as 2026-11-01", day);
    front.reviewed = reviewed.zip(fields.value("reviewed").map(|node| node.span.clone()));
    front.systems = fields.texts("systems");
    front.csf = fields.texts("csf");
    let csf = fields.value("csf").map(|node| node.span.clone());
    if let (Some(wrong), Some(span)) = (front.csf.iter().find(|id| !is_csf(id)), csf) {
        let message = format!("`csf:` takes ids of NIST CSF 2.0 subcategories, and {wrong:?} is none");
        fields.report.add(Code::BadValue, span, message, "Write them like RC.RP-05.");
    }
    if let Some(mut inner) = fields.map("objectives") {
        inner.known(&["rto", "rpo"]);
        front.objectives = Objectives { rto: inner.duration("rto"), rpo: inner.duration("rpo") };
        if let Some(rto) = inner.value("rto") {
            front.rto_span = rto.span.clone();
        }
    }
    front.break_glass =
        fields.checked("break_glass", "true or false", |text| text.parse().ok()).unwrap_or_default();
    front.parameters = parameters(&mut fields);
    Some(front)
}

/// Whether `id` has the form of a subcategory of NIST CSF 2.0: `RC.RP-05`.
fn is_csf(id: &str) -> bool {
    let upper = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let Some((function, rest)) = id.split_once('.') else { return false };
    let Some((category, number)) = rest.split_once('-') else { return false };
    upper(function)
        && upper(category)
        && number.len() == 2
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn parameters(fields: &mut Fields<'_, '_>) -> Vec<Placed> {
    let Some(inner) = fields.map("parameters") else { return Vec::new() };
    let report = inner.report;
    let mut parameters = Vec::new();
    for entry in inner.entries {
        if !is_name(&entry.key) || matches!(entry.key.as_str(), "env" | "steps") {
            let message = format!("{:?} can't be the name of a parameter", entry.key);
            let hint = "Use letters, digits and underscores, a letter first; not `env` or `steps`.";
            report.add(Code::BadValue, entry.key_span.clone(), message, hint);
            continue;
        }
        let what = format!("the parameter {}", entry.key);
        let Some(mut inner) = Fields::new(&entry.value, &what, report) else { continue };
        parameters.extend(parameter(&entry.key, entry.key_span.clone(), &mut inner));
    }
    parameters
}

fn parameter(name: &str, span: Range<usize>, fields: &mut Fields<'_, '_>) -> Option<Placed> {
    fields.known(&PARAMETER_KEYS);
    let kinds = KINDS.map(ParamKind::word).join(", ");
    let kind = fields.checked("type", &format!("one of: {kinds}"), kind);
    if fields.value("type").is_none() {
        let message = format!("the parameter {name} has no `type:`");
        fields.report.add(Code::MissingKey, span.clone(), message, format!("Give one of: {kinds}."));
    }
    let default = fields.template("default");
    let required = fields.checked("required", "true or false", |text| text.parse::<bool>().ok());
    let choices = fields.texts("choices");
    match (kind?, choices.is_empty()) {
        (ParamKind::Choice, true) => {
            let hint = "Give them as a list: choices: [leave, delete].";
            fields.report.add(
                Code::MissingKey,
                span.clone(),
                format!("the parameter {name} has no `choices:`"),
                hint,
            );
        }
        (ParamKind::Choice, false) | (_, true) => {}
        (_, false) => fields.misplaced("choices", "only a parameter of type choice has choices"),
    }
    let place = fields.value("default").map_or(span, |node| node.span.clone());
    let parameter = Parameter {
        name: name.to_owned(),
        kind: kind?,
        choices,
        prompt: fields.text("prompt"),
        required: required.unwrap_or(true),
        default,
        help: fields.text("help"),
    };
    Some(Placed { parameter, default: place })
}

const KINDS: [ParamKind; 11] = [
    ParamKind::Text,
    ParamKind::Integer,
    ParamKind::Boolean,
    ParamKind::Choice,
    ParamKind::Timestamp,
    ParamKind::Duration,
    ParamKind::Bucket,
    ParamKind::Prefix,
    ParamKind::Region,
    ParamKind::DbInstance,
    ParamKind::Snapshot,
];

fn kind(word: &str) -> Option<ParamKind> {
    KINDS.into_iter().find(|kind| kind.word() == word)
}
