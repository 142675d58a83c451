//! What is wrong with a runbook, and where.

use std::fmt;

use serde::Serialize;

/// How bad it is. A runbook with an error is not loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It can't be used like this.
    Error,
    /// It can be used, and should be put right.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that is wrong.
///
/// Lines and columns count from 1, columns in characters; the end is the place after the last character.
/// `Display` gives `file:line:col: severity[code]: message`, and the hint on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file, as the caller named it.
    pub file: String,
    /// The line it begins on.
    pub line: usize,
    /// The column it begins at.
    pub column: usize,
    /// The line it ends on.
    pub end_line: usize,
    /// The column after its end.
    pub end_column: usize,
    /// How bad it is.
    pub severity: Severity,
    /// Which rule says so; stable.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Whether it keeps the runbook from being used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, severity, code, message, .. } = self;
        write!(f, "{file}:{line}:{column}: {severity}[{code}]: {message}")?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

macro_rules! codes {
    ($($variant:ident $word:literal $about:literal)*) => {
        /// The rule behind a [`Diagnostic`]; its word is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Code {
            $(#[doc = $about] #[serde(rename = $word)] $variant,)*
        }

        impl Code {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its word, such as `unknown-action`.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What it finds, in one sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

codes! {
    TooLarge "too-large" "The file is too large to be a runbook."
    NotUtf8 "not-utf8" "The file is not UTF-8 text."
    TooDeep "too-deep" "Lists, quotes or YAML are nested too deeply."
    TooMany "too-many" "There is more wrong than is worth listing."
    Yaml "yaml" "The front matter or a block is not YAML."
    YamlTab "yaml-tab" "YAML is indented with a tab."
    YamlAnchor "yaml-anchor" "YAML uses an anchor, an alias or a tag, none of which a runbook needs."
    DuplicateKey "duplicate-key" "A key stands twice in one mapping."
    UnknownKey "unknown-key" "A key means nothing here."
    MisplacedKey "misplaced-key" "A key has no effect on a step of this kind."
    MissingKey "missing-key" "A key is needed here."
    BadValue "bad-value" "A value is not what its key takes."
    OpenFrontMatter "open-front-matter" "The front matter never ends."
    OpenFence "open-fence" "A fenced block never ends."
    BlockInfo "block-info" "A fence looks like a step block, and is not one."
    MisplacedBlock "misplaced-block" "A step block stands inside a list or a quote."
    SecondBlock "second-block" "A step has two blocks."
    SecondKind "second-kind" "A block says that its step is two things."
    NoSteps "no-steps" "There is nothing to do."
    RawHtml "raw-html" "There is HTML in the text."
    RemoteImage "remote-image" "An image would be loaded from elsewhere."
    UnknownAction "unknown-action" "This version has no such action."
    UnknownParameter "unknown-parameter" "The action takes no such parameter."
    MissingParameter "missing-parameter" "The action needs a parameter that the step doesn't give."
    IllTyped "ill-typed" "A value is not of its parameter's type."
    ForeignRegion "foreign-region" "A value names a region outside the United States."
    BadReference "bad-reference" "A `${…}` is not an expression, or not one that may stand here."
    UnknownReference "unknown-reference" "A `${…}` names a parameter or an output that is not there."
    UnknownEnvPath "unknown-env-path" "A `${env.…}` names nothing that an environment has."
    EarlyReference "early-reference" "A step uses what a later step leaves."
    DuplicateStep "duplicate-step" "Two steps have one id."
    UnknownStep "unknown-step" "A step leads to one that is not there."
    UnreachableStep "unreachable-step" "No way leads to a step."
    Cycle "cycle" "A step leads to itself or back to an earlier one."
    EmptyDecision "empty-decision" "A decision has no answers."
    MissingApproval "missing-approval" "An action changes things without anybody's approval."
    SecondPerson "second-person" "An action destroys without a second person's approval."
    UnverifiedChange "unverified-change" "No later step verifies what an action changed."
    Secret "secret" "There is a secret in the file."
    OverRto "over-rto" "The estimates add up to more than the RTO."
    MissingOwner "missing-owner" "Nobody answers for the runbook."
    MissingRto "missing-rto" "There is no recovery time objective."
    MissingRpo "missing-rpo" "There is no recovery point objective."
    MissingReview "missing-review" "The runbook does not say when it was reviewed."
    StaleReview "stale-review" "The last review is more than a year old."
    Unreadable "unreadable" "A file of the library can't be read."
    DuplicateRunbook "duplicate-runbook" "Another file of the library has the same id."
    OverridesShipped "overrides-shipped" "A file stands in for a runbook that is part of Lifeboat."
    FutureReview "future-review" "The last review has not happened yet."
}

impl Code {
    /// How bad it is when nobody asks for strictness: missing or stale metadata is a warning,
    /// and so is a shipped runbook that was replaced.
    pub fn severity(self) -> Severity {
        match self {
            Self::MissingOwner
            | Self::MissingRto
            | Self::MissingRpo
            | Self::MissingReview
            | Self::StaleReview
            | Self::FutureReview
            | Self::OverridesShipped => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
