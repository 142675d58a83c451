//! Text that looks like a secret, masked before it is stored.
//!
//! People paste what they see, and services put what they were sent into their errors. Nothing can tell every secret
//! from every other word: what is looked for are the shapes that keys, tokens and passwords of this field have, and the
//! words that stand before them. What is masked says what it was, never how it began. Plans are not masked: they hold
//! keys of photos, by which photos are found again.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex, RegexSet};
use serde_json::Value;

/// What is looked for, and by what shape. A group named `s` is what is masked; all of it where there is none.
const SHAPES: [(&str, &str); 12] = [
    (
        "private key",
        r"(?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    // An id and the key behind it, as the console shows them side by side.
    (
        "AWS secret key",
        r"\b(?:AKIA|ASIA)[A-Z2-7]{16}[^A-Za-z0-9/+]+(?P<s>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)",
    ),
    (
        "AWS secret key",
        r"(?i)(?:secret[ _-]?(?:access[ _-]?)?key|aws[ _-]?secret)(?:[ _-]?id)?[^A-Za-z0-9/+]{1,8}(?P<s>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)",
    ),
    ("AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    ("session token", r"(?i)(?:session|security)[ _-]?token[^A-Za-z0-9/+]{1,8}(?P<s>[A-Za-z0-9/+=_-]{16,})"),
    ("signature", r"(?i)X-Amz-(?:Signature|Security-Token|Credential)=(?P<s>[^&\s\[][^&\s]*)"),
    ("password in an address", r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]*:(?P<s>[^\s/@\[][^\s/@]*)@"),
    ("token", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    (
        "token",
        r"\b(?:gh[opusr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{36,}|glpat-[A-Za-z0-9_-]{20,}|xox[a-z]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,}|AIza[A-Za-z0-9_-]{35})",
    ),
    ("token", r"(?i)\b(?:bearer|basic)\s+(?P<s>[A-Za-z0-9+/=._~-]{16,})"),
    ("password", r"(?i)\bmysql[a-z]*\b[^\n]*?\s-p(?P<s>[^\s\[-]\S*)"),
    (
        "password",
        r#"(?i)(?:password|passwd|passphrase|pwd|api[ _-]?key|client[ _-]?secret|access[ _-]?token)(?:\\?["'])?\s*(?:[:=]|\bis\b)\s*(?:\\?["'])?(?P<s>[^\s"',;\\\[][^\s"',;\\]{3,})"#,
    ),
];

/// The names, or how they end, of fields whose whole value is a secret.
const NAMES: &str = "password|passwd|passphrase|secret|secret_?(?:access_?)?key|session_?token";

/// What stands in place of such a value.
const MASKED: &str = "[masked]";

static SET: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(SHAPES.map(|(_, shape)| ascii(shape))).ok());
/// A field of such a name, in the text of JSON.
static IN_TEXT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("(?i)[\"_-](?:{NAMES})\"\\s*:")).ok());
static EACH: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| SHAPES.iter().map(|(_, shape)| Regex::new(&ascii(shape)).ok()).collect());
static SECRET_FIELD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("(?i)^(?:.*[_-])?(?:{NAMES})$")).ok());

/// Looks for the ends of words among ASCII only: with those of every script, texts that aren't ASCII take a hundred times
/// as long.
fn ascii(shape: &str) -> String {
    shape.replace(r"\b", r"(?-u:\b)")
}

/// The text with everything in it masked that looks like a secret.
pub fn masked(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    let Some(set) = &*SET else { return text };
    for at in set.matches(&text).iter() {
        let (Some(Some(regex)), Some((kind, _))) = (EACH.get(at), SHAPES.get(at)) else { continue };
        let mask = |found: &Captures<'_>| {
            let whole = found.get_match();
            let secret = found.name("s").unwrap_or(whole);
            let (before, after) = (secret.start() - whole.start(), secret.end() - whole.start());
            format!("{}[{kind} masked]{}", &whole.as_str()[..before], &whole.as_str()[after..])
        };
        if let Cow::Owned(new) = regex.replace_all(&text, mask) {
            text = Cow::Owned(new);
        }
    }
    text
}

/// A line of evidence, which is JSON as a rule, with the same done in each of its texts.
pub fn masked_line(line: &str) -> Cow<'_, str> {
    if is_harmless(line) {
        return Cow::Borrowed(line);
    }
    let Ok(mut value) = serde_json::from_str(line) else { return masked(line) };
    if mask(&mut value) { Cow::Owned(value.to_string()) } else { Cow::Borrowed(line) }
}

/// The text of an event with the same done; but for the runbook and the environment that a run was started with, by
/// which it is read back. They hold no secret: the one is everybody's to read, the other names where secrets are.
pub(crate) fn masked_event(text: String) -> Result<String, serde_json::Error> {
    if is_harmless(&text) {
        return Ok(text);
    }
    let mut event: Value = serde_json::from_str(&text)?;
    let kept = ["source", "environment"].map(|name| (name, event.get_mut(name).map(Value::take)));
    let any = mask(&mut event);
    for (name, value) in kept {
        if let (Some(value), Some(place)) = (value, event.get_mut(name)) {
            *place = value;
        }
    }
    Ok(if any { event.to_string() } else { text })
}

/// Whether nothing in the text of JSON can be a secret. Where no character is escaped, its texts are what they say.
fn is_harmless(json: &str) -> bool {
    let looks = SET.as_ref().is_some_and(|set| set.is_match(json));
    !json.contains('\\') && !looks && !IN_TEXT.as_ref().is_some_and(|field| field.is_match(json))
}

/// Does the same in every text of a JSON value, and in all of a field whose name says that it is a secret. Whether
/// there was any.
fn mask(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            let Cow::Owned(new) = masked(text) else { return false };
            *text = new;
            true
        }
        Value::Array(values) => values.iter_mut().fold(false, |any, value| mask(value) | any),
        Value::Object(fields) => fields.iter_mut().fold(false, |any, (name, value)| {
            let named = SECRET_FIELD.as_ref().is_some_and(|field| field.is_match(name));
            match value {
                Value::String(text) if named && !text.is_empty() && text != MASKED => {
                    *text = MASKED.to_owned();
                    true
                }
                value => mask(value) | any,
            }
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody might paste, and what of it is to be gone.
    fn pasted() -> Vec<(&'static str, String, &'static str)> {
        let of = |kind, text: &str, secret| (kind, text.to_owned(), secret);
        let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        vec![
            of("AWS access key", "key AKIAIOSFODNN7EXAMPLE is disabled", "AKIAIOSFODNN7EXAMPLE"),
            of("AWS access key", "ASIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"),
            ("AWS secret key", format!("aws_secret_access_key = {key}"), key),
            ("AWS secret key", format!("{{\"SecretAccessKey\": \"{key}\"}}"), key),
            ("AWS secret key", format!("AKIAIOSFODNN7EXAMPLE,{key}"), key),
            of(
                "session token",
                "aws_session_token=FwoGZXIvYXdzEBYaDEXAMPLE//////////",
                "FwoGZXIvYXdzEBYaDEXAMPLE",
            ),
            of(
                "signature",
                "https://b.s3.amazonaws.com/k?X-Amz-Signature=aeeed9bbccd4d02e&x=1",
                "aeeed9bbccd4d02e",
            ),
            of("password in an address", "mysql://portal:s3cr3t!pw@db.internal:3306/portal", "s3cr3t!pw"),
            of(
                "private key",
                "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
                "MIIEpAIBAAKCAQEA",
            ),
            of("private key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXkt", "b3BlbnNzaC1rZXkt"),
            of("token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN", "dozjgNryP4J3jVmN"),
            of("token", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_0123456789"),
            of("token", "Authorization: Bearer 0123456789abcdef0123", "0123456789abcdef0123"),
            of("password", "the password is hunter22, ask Dana", "hunter22"),
            of("password", "--password='hunter22'", "hunter22"),
            of("password", "mysql -h db -u root -phunter22 portal", "hunter22"),
        ]
    }

    #[test]
    fn what_looks_like_a_secret_is_masked_and_the_rest_is_left() {
        for (kind, text, secret) in pasted() {
            let around = format!("Dana said: {text}");
            let shown = masked(&around).into_owned();
            assert!(!shown.contains(secret), "{shown}");
            assert!(
                shown.starts_with("Dana said: ") && shown.contains(&format!("[{kind} masked]")),
                "{shown}"
            );
            assert_eq!(masked(&shown), shown, "masking again changes nothing");
            let line = serde_json::json!({ "n": 7, "error": around }).to_string();
            let line: Value = serde_json::from_str(&masked_line(&line)).unwrap();
            assert_eq!((&line["n"], line["error"].as_str()), (&Value::from(7), Some(&shown[..])));
        }
        assert_eq!(masked("mysql://portal:pw12@db/x"), "mysql://portal:[password in an address masked]@db/x");
    }

    #[test]
    fn what_is_no_secret_is_left_alone() {
        for text in [
            "photos/org-000123/4711.jpg",
            "version 3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo",
            "plan 9f3a0c11d2e4b5a697881726354a0b1c2d3e4f5061728394a5b6c7d8e9f00112",
            "arn:aws:iam::123456789012:role/lifeboat-recovery",
            "request 79104EXAMPLEB723, host Gg7/3qLkJ0vZ1aT8YF0sQ2uA4mT9bPxRfiCYEXAMPLE=",
            "https://portal.example.com/status and http://127.0.0.1:9000/veonics-photos",
            "the session token has expired; log in again",
            "it asks for a password: ask Dana".trim_end_matches(": ask Dana"),
            "dana@example.com approves at 03:14:07",
            "mysql -h db -u root -p portal",
        ] {
            assert_eq!(masked(text), text);
            let line = serde_json::json!({ "key": text }).to_string();
            assert_eq!(masked_line(&line), line);
        }
        let mut named =
            serde_json::json!({ "outputs": { "db_password": "x", "password_rotated": "yes", "secret": "" } });
        assert!(mask(&mut named));
        assert_eq!(
            named["outputs"],
            serde_json::json!({ "db_password": MASKED, "password_rotated": "yes", "secret": "" })
        );
    }

    /// Neither a character that JSON escapes nor a name hides a secret, in an entry or in evidence.
    #[test]
    fn what_json_makes_of_a_text_hides_nothing() {
        for (line, secret) in [
            (serde_json::json!({ "error": "the password:\nhunter22" }), "hunter22"),
            (serde_json::json!({ "outputs": { "db_secret": "xy" } }), "xy"),
            (serde_json::json!({ "error": "Bearer\t0123456789abcdef0123" }), "0123456789abcdef0123"),
        ] {
            let line = line.to_string();
            assert!(!masked_line(&line).contains(secret), "{line}");
            assert!(!masked_event(line.clone()).unwrap().contains(secret), "{line}");
        }
    }

    #[test]
    fn what_a_run_is_read_back_by_is_kept() {
        let runbook = "password: hunter22";
        let event = serde_json::json!({ "event": "run_started", "source": runbook, "operator": runbook });
        let event: Value = serde_json::from_str(&masked_event(event.to_string()).unwrap()).unwrap();
        assert_eq!(
            (event["source"].as_str(), event["operator"].as_str()),
            (Some(runbook), Some("password: [password masked]"))
        );
    }
}
