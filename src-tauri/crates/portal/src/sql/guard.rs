//! Which statements may run at all.
//!
//! The read-only transaction is what keeps a session from writing; this keeps a statement from ending that transaction
//! first (`COMMIT`, `SET`, `CALL`, MariaDB's `BEGIN NOT ATOMIC …`). A list of what may, because nobody knows all of
//! what may not.

use action::port::PortErrorKind;

use super::failure::Failure;

const READS: [&str; 8] = ["SELECT", "WITH", "TABLE", "VALUES", "SHOW", "EXPLAIN", "DESCRIBE", "DESC"];
/// What a transaction can take back.
const CHANGES: [&str; 4] = ["DELETE", "UPDATE", "INSERT", "WITH"];

/// A statement that reads, without the semicolon at its end.
pub(super) fn reading(statement: &str) -> Result<&str, Failure> {
    one_of(
        statement,
        &READS,
        "Nothing was sent. Only statements that read may run here; correct the statement.",
    )
}

/// A statement that changes rows and can be rolled back, without the semicolon at its end.
pub(super) fn changing(statement: &str) -> Result<&str, Failure> {
    one_of(
        statement,
        &CHANGES,
        "Nothing was changed. Only DELETE, UPDATE and INSERT can be rolled back; correct the statement.",
    )
}

fn one_of<'a>(statement: &'a str, words: &[&str], next: &str) -> Result<&'a str, Failure> {
    let statement = statement.trim().trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    let begins = statement.trim_start_matches(|c: char| c == '(' || c.is_whitespace());
    let word = begins.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    if words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return Ok(statement);
    }
    let message = match word {
        "" => "the statement does not begin with a word".to_owned(),
        word => format!("the statement begins with {}", word.to_ascii_uppercase()),
    };
    Err(Failure::new(PortErrorKind::Denied, message, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reads_is_let_through() {
        for good in ["SELECT 1", " (select 1) ;; ", "With x AS (SELECT 1) SELECT * FROM x", "SHOW TABLES\n;"]
        {
            assert!(!reading(good).unwrap().ends_with([';', ' ', '\n']), "{good}");
        }
        for bad in [
            "",
            ";",
            "COMMIT",
            "SET SESSION TRANSACTION READ WRITE",
            "BEGIN NOT ATOMIC COMMIT; DELETE FROM t; END",
            "CALL p()",
            "SELECTED",
            "/* SELECT */ DELETE FROM t",
            "/*!50000 DROP */ TABLE t",
            "-- SELECT\nDROP TABLE t",
            "DELETE FROM t",
        ] {
            assert_eq!(reading(bad).map_err(|why| why.kind), Err(PortErrorKind::Denied), "{bad}");
        }
    }

    #[test]
    fn only_what_can_be_taken_back_may_change() {
        assert_eq!(changing("delete from t;").ok(), Some("delete from t"));
        for bad in ["TRUNCATE t", "DROP TABLE t", "ALTER TABLE t ADD c INT", "COMMIT", "SELECT 1"] {
            assert!(changing(bad).is_err(), "{bad}");
        }
    }
}
