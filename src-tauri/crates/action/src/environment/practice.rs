//! The practice range's database, as its environment tells of it.

use super::{Batch, Check, Database, Login, Obliteration, PRACTICE_ACCOUNT, Table};

/// The certificate that every certificate of the practice range is signed with. Trusted in the practice environment
/// alone; its key lies in the range's crate, and is no secret.
pub const PRACTICE_CA: &str = include_str!("practice-ca.pem");
/// The user and the password that the practice range's databases accept. Not a secret: they open nothing else.
pub const PRACTICE_LOGIN: (&str, &str) = ("lifeboat", "only-for-the-practice-range");

pub(super) fn batch() -> Batch {
    Batch {
        role: format!("arn:aws:iam::{PRACTICE_ACCOUNT}:role/practice-batch"),
        bucket: "veonics-jobs".to_owned(),
        prefix: "lifeboat".to_owned(),
    }
}

pub(super) fn database() -> Database {
    let table = |name: &str, changed: Option<&str>| Table {
        name: name.to_owned(),
        changed: changed.map(str::to_owned),
    };
    let check = |name: &str, query: &str, expect: &str| Check {
        name: name.to_owned(),
        query: query.to_owned(),
        expect: expect.to_owned(),
    };
    let all = |statements: &[&str]| statements.iter().map(|text| (*text).to_owned()).collect();
    Database {
        instance: "portal".to_owned(),
        engine: "mysql".to_owned(),
        schema: Some("portal".to_owned()),
        login: Some(Login::Practice(true)),
        ca: None,
        copies_in: Some("us-west-2".to_owned()),
        keys: [("us-west-2".to_owned(), "alias/practice-rds".to_owned())].into(),
        tables: vec![
            table("organizations", Some("changed_at")),
            table("record_properties", Some("changed_at")),
            table("card_records", Some("changed_at")),
            table("photos", Some("created_at")),
        ],
        checks: vec![
            check(
                "card records without an organization",
                "SELECT COUNT(*) FROM card_records c LEFT JOIN organizations o ON o.id = c.organization_id \
                 WHERE o.id IS NULL",
                "0",
            ),
            check(
                "card records without record properties",
                "SELECT COUNT(*) FROM card_records c LEFT JOIN record_properties p ON p.id = c.properties_id \
                 WHERE p.id IS NULL",
                "0",
            ),
            check(
                "photos whose original is missing",
                "SELECT COUNT(*) FROM photos p LEFT JOIN photos o ON o.id = p.original_id \
                 WHERE p.original_id IS NOT NULL AND o.id IS NULL",
                "0",
            ),
            check(
                "printed card records without a badge number",
                "SELECT COUNT(*) FROM card_records WHERE state = 'Printed' AND badge_number IS NULL",
                "0",
            ),
        ],
        photos: Some("SELECT s3_key, bytes, md5 FROM photos WHERE current = 1".to_owned()),
        obliteration: Some(Obliteration {
            count: all(&[
                "SELECT COUNT(*) FROM photos p JOIN card_records c ON c.id = p.card_id \
                 WHERE c.organization_id = :organization",
                "SELECT COUNT(*) FROM card_records WHERE organization_id = :organization",
                "SELECT COUNT(*) FROM record_properties WHERE organization_id = :organization",
                "SELECT COUNT(*) FROM organizations WHERE id = :organization",
            ]),
            remove: all(&[
                "DELETE p FROM photos p JOIN card_records c ON c.id = p.card_id \
                 WHERE c.organization_id = :organization",
                "DELETE FROM card_records WHERE organization_id = :organization",
                "DELETE FROM record_properties WHERE organization_id = :organization",
                "DELETE FROM organizations WHERE id = :organization",
            ]),
        }),
    }
}
