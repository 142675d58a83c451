//! Secrets that somebody wrote into a runbook.

use std::ops::Range;

use crate::diagnostic::Code;
use crate::report::Report;

/// Reports every secret in a text, wherever it stands. The message never repeats it.
pub(crate) fn check(source: &str, report: &mut Report) {
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        if let Some((what, span)) = find(line) {
            let message = format!("{what} is written here, where everybody who reads the runbook sees it");
            let hint = "Take it out, and change it: it is known now. Lifeboat finds secrets in the keychain.";
            report.add(Code::Secret, at + span.start..at + span.end, message, hint);
        }
        at += line.len();
    }
}

/// The first secret in a line.
fn find(line: &str) -> Option<(&'static str, Range<usize>)> {
    if let Some(at) = line.find("-----BEGIN ").filter(|at| line[*at..].contains("PRIVATE KEY-----")) {
        return Some(("a private key", at..line.trim_end().len()));
    }
    let long = line.split_ascii_whitespace().any(|word| word.len() >= SHORTEST_KNOWN);
    long.then(|| known_word(line)).flatten().or_else(|| password_in_url(line)).or_else(|| assignment(line))
}

/// The length of the shortest word that is a secret by its form alone.
const SHORTEST_KNOWN: usize = 20;

fn known_word(line: &str) -> Option<(&'static str, Range<usize>)> {
    words(line).find_map(|(at, word)| known_form(word).map(|what| (what, at..at + word.len())))
}

/// The words of a line: what stands between blanks, quotes, brackets and signs of assignment.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let between = |c: char| c.is_whitespace() || "\"'`=:,;()[]{}<>|".contains(c);
    line.split(between)
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - line.as_ptr() as usize, word))
}

/// Words that are secrets whatever stands around them.
fn known_form(word: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    if word.len() == SHORTEST_KNOWN
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word.chars().all(plain)
    {
        return Some("an AWS access key");
    }
    let key_like = word.len() == 40
        && !word.starts_with('/')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/' || byte == b'+')
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit);
    if key_like {
        return Some("what looks like an AWS secret key");
    }
    let token = ["ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "eyJhbGciOi"];
    (word.len() >= SHORTEST_KNOWN && token.iter().any(|prefix| word.starts_with(prefix)))
        .then_some("an access token")
}

/// `scheme://user:password@host`
fn password_in_url(line: &str) -> Option<(&'static str, Range<usize>)> {
    let start = line.find("://")? + 3;
    let rest = line.get(start..)?;
    let end = rest.find(|c: char| c.is_whitespace() || "/\"'`<>)".contains(c)).unwrap_or(rest.len());
    let (user, _host) = rest.get(..end)?.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let from = start + name.len() + 1;
    is_literal(password).then(|| ("a password", from..from + password.len()))
}

/// `password: hunter2`, `DB_PASSWORD="…"`, `--token=…`
fn assignment(line: &str) -> Option<(&'static str, Range<usize>)> {
    const NAMES: [(&str, &str); 12] = [
        ("password", "a password"),
        ("passwd", "a password"),
        ("passphrase", "a passphrase"),
        ("pwd", "a password"),
        ("secret_access_key", "an AWS secret key"),
        ("secret_key", "a secret key"),
        ("secret", "a secret"),
        ("api_key", "an access key"),
        ("apikey", "an access key"),
        ("access_key", "an access key"),
        ("private_key", "a private key"),
        ("token", "an access token"),
    ];
    line.match_indices([':', '=']).find_map(|(at, _)| {
        let before = line[..at].trim_end().trim_end_matches(['"', '\'', '`']);
        let name = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).next()?;
        let name = name.to_lowercase().replace('-', "_");
        let (_, what) = NAMES.iter().find(|(word, _)| name.ends_with(word))?;
        let after = &line[at + 1..];
        let value = after.trim_start();
        let from = at + 1 + after.len() - value.len();
        let (value, from, quoted) = match value.chars().next()? {
            quote @ ('"' | '\'' | '`') => (value.get(1..)?.split(quote).next()?, from + 1, true),
            _ => (value.split_whitespace().next()?.trim_end_matches(['.', ',', ';', '`']), from, false),
        };
        let alone = quoted
            || line
                .get(from + value.len()..)?
                .trim_matches(['.', ',', ';', '`', ' ', '\r', '\n', '}'])
                .is_empty();
        let odd = value.chars().any(|c| !c.is_alphabetic() && c != '-' && c != '\'');
        (is_literal(value) && (odd || alone)).then(|| (*what, from..from + value.len()))
    })
}

/// Whether a value is one, and not a reference, a placeholder or a word about it.
fn is_literal(value: &str) -> bool {
    const WORDS: [&str; 10] =
        ["none", "null", "true", "false", "text", "required", "optional", "unknown", "redacted", "keychain"];
    value.chars().count() >= 4
        && !value.starts_with(['$', '<', '{', '[', '*', '…', '(', '%'])
        && !value.contains("...")
        && !value.chars().all(|c| "xX*.-_".contains(c))
        && !WORDS.contains(&value.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no tool takes this file for a leak.
    fn key() -> String {
        ["wJalrXUtnFEMI", "K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("/")
    }

    #[test]
    fn secrets_are_found_where_they_stand() {
        let aws = format!("AKIA{}", "IOSFODNN7EXAMPLE");
        for (line, secret) in [
            (format!("use {aws} now"), aws.as_str()),
            (format!("key=\"{}\"", key()), &key()),
            ("password: hunter2".into(), "hunter2"),
            ("  DB_PASSWORD=\"correct horse\"".into(), "correct horse"),
            ("the Password: `Tr0ub4dor`.".into(), "Tr0ub4dor"),
            ("curl --token=abcd1234".into(), "abcd1234"),
            ("{ api-key: 'zzz-111' }".into(), "zzz-111"),
            ("mysql://portal:s3cr3tpw@db.internal/portal".into(), "s3cr3tpw"),
            (format!("gh: ghp_{}", "a1B2".repeat(9)), &format!("ghp_{}", "a1B2".repeat(9))),
            ("-----BEGIN RSA PRIVATE KEY-----\n".into(), "-----BEGIN RSA PRIVATE KEY-----"),
        ] {
            let found = find(&line).unwrap_or_else(|| panic!("nothing in {line}"));
            assert_eq!(&line[found.1], secret);
        }
    }

    #[test]
    fn other_texts_are_not_secrets() {
        for line in [
            "password: ${db_password}",
            "token: <ask the lead>",
            "Password: ask the Technical Operations Lead for it.",
            "The token: a small device on the key ring.",
            "secret: …",
            "password: ********",
            "commit 6c3e1f3c0ffee1234567890abcdef1234567890a",
            "https://example.com/a/b:c and user@example.com",
            "record: text",
            "Never write a password, a token or a secret key into a runbook.",
            "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "it has no API key: the console needs a person.",
        ] {
            assert_eq!(find(line), None, "{line}");
        }
    }
}
