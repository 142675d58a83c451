//! What a command's promise is rejected with.

pub(crate) use crate::view::ProblemText;

/// Every error here says what failed and what to do in one message; the last sentence is what to do.
fn apart(message: &str) -> ProblemText {
    let message = message.trim();
    let split = message.trim_end_matches('.').rfind(". ").map(|at| (at + 1, at + 2));
    let split = split.or_else(|| message.rfind("; ").map(|at| (at, at + 2)));
    match split {
        Some((end, begin)) => {
            ProblemText { what: message[..end].to_owned(), next: sentence(&message[begin..]) }
        }
        None => ProblemText { what: message.to_owned(), next: String::new() },
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut text: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    if !text.ends_with(['.', ')', '`']) {
        text.push('.');
    }
    text
}

macro_rules! from {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for ProblemText {
            fn from(error: $error) -> Self {
                apart(&error.to_string())
            }
        })*
    };
}

from!(
    engine::EngineError,
    engine::ManifestError,
    engine::SignInError,
    journal::JournalError,
    run::RunIdError,
    run::DigestError,
    report::ReportError,
    aws::environments::LoadError,
    runbook::library::LibraryError,
);

impl ProblemText {
    /// A problem in its two parts.
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_stands_apart() {
        for (message, what, next) in [
            ("the disk is full. Free some space.", "the disk is full.", "Free some space."),
            ("run 3 is open elsewhere; go on there", "run 3 is open elsewhere", "Go on there."),
            ("a: b. C d. E f.", "a: b. C d.", "E f."),
            ("nothing to split", "nothing to split", ""),
        ] {
            let problem = apart(message);
            assert_eq!((problem.what.as_str(), problem.next.as_str()), (what, next));
        }
    }
}
