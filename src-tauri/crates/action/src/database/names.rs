//! The names of instances: which are valid, and how those that a run makes are called.

use crate::environment::US_REGIONS;
use crate::plan::{Context, Failure};

/// The longest identifier that RDS takes.
const LONGEST: usize = 63;

/// What tells this run's names from another's: the last eight letters and digits of its id.
pub(super) fn suffix(run: &str) -> String {
    let letters: Vec<char> = run.chars().filter(char::is_ascii_alphanumeric).collect();
    letters[letters.len().saturating_sub(8)..].iter().map(char::to_ascii_lowercase).collect()
}

/// The name of an instance that this run restores: `portal-restore-14029f3a`; the `n`th, from 1, ends in `-n`.
pub(super) fn restored(instance: &str, run: &str, n: u32) -> String {
    let more = if n > 1 { format!("-{n}") } else { String::new() };
    joined(instance, &format!("-restore-{}{more}", suffix(run)))
}

/// The name under which the instance that held `name` is kept: `portal-old-14029f3a`.
pub(super) fn kept(name: &str, run: &str) -> String {
    joined(name, &format!("-old-{}", suffix(run)))
}

fn joined(name: &str, tail: &str) -> String {
    let room = LONGEST.saturating_sub(tail.len());
    let base: String = name.to_ascii_lowercase().chars().take(room).collect();
    format!("{}{tail}", base.trim_end_matches('-'))
}

/// Refuses what RDS can't take as the identifier of an instance.
pub(super) fn check(id: &str) -> Result<(), Failure> {
    let good = id.len() <= LONGEST
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !id.ends_with('-')
        && !id.contains("--");
    if good {
        return Ok(());
    }
    Err(refused(
        format!("{id:?} can't be the name of an instance"),
        "Give 1 to 63 lower-case letters, digits and single hyphens that begin with a letter and don't end with a \
         hyphen.",
    ))
}

/// The region that was asked for, or else the environment's; refused outside the United States.
pub(super) fn region(asked: Option<&String>, cx: &Context<'_>) -> Result<String, Failure> {
    let region = asked.unwrap_or(&cx.environment.region);
    if US_REGIONS.contains(&region.as_str()) {
        return Ok(region.clone());
    }
    Err(refused(
        format!("region {region} is not in the United States, and no customer data may leave it"),
        format!("Choose one of {}.", US_REGIONS.join(", ")),
    ))
}

pub(super) fn refused(why: impl Into<String>, next: impl Into<String>) -> Failure {
    Failure::Refused { why: why.into(), next: next.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_this_runs_and_valid() {
        let run = "20261124-031402-9f3a";
        assert_eq!(restored("portal", run, 1), "portal-restore-14029f3a");
        assert_eq!(restored("portal", run, 2), "portal-restore-14029f3a-2");
        assert_eq!(kept("portal", run), "portal-old-14029f3a");
        let long = restored(&"a-".repeat(31), run, 2);
        assert!(check(&long).is_ok() && long.len() <= LONGEST, "{long}");
        for bad in ["", "1a", "a-", "a--b", "A", "a_b", "å", &"a".repeat(64)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
