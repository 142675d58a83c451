//! A refusal as RDS words it.

use super::xml::Xml;

/// Where RDS's answers and errors say they belong.
pub(super) const NAMESPACE: &str = "http://rds.amazonaws.com/doc/2014-10-31/";

/// A refusal: its code on the wire, its HTTP status, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What an operation answers.
pub(crate) type Answer<T> = Result<T, Refused>;

impl Refused {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// A parameter whose value RDS doesn't take.
    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterValue", message)
    }

    /// Parameters that don't go together.
    pub(super) fn combination(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterCombination", message)
    }

    /// What RDS can do and the range can't.
    pub(super) fn not_implemented(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("the practice range's RDS doesn't do {what}"))
    }

    pub(super) fn no_region(region: &str) -> Self {
        Self::not_implemented(&format!("the region {region}"))
    }

    pub(super) fn no_instance(id: &str) -> Self {
        Self::new(404, "DBInstanceNotFound", format!("DBInstance {id} not found."))
    }

    pub(super) fn no_snapshot(id: &str) -> Self {
        Self::new(404, "DBSnapshotNotFound", format!("DBSnapshot not found: {id}"))
    }

    pub(super) fn no_backup(id: &str) -> Self {
        let message = format!("No automated backup was found for {id}.");
        Self::new(404, "DBInstanceAutomatedBackupNotFound", message)
    }

    pub(super) fn instance_state(id: &str, status: &str) -> Self {
        let message = match status {
            "available" => format!("Database instance {id} is about to be changed already."),
            _ => format!("Database instance {id} is not in available state: it is {status}."),
        };
        Self::new(400, "InvalidDBInstanceState", message)
    }

    pub(super) fn key(key: &str) -> Self {
        let message = format!(
            "The KMS key {key} does not exist, is not enabled or you do not have permissions to access it."
        );
        Self::new(400, "KMSKeyNotAccessibleFault", message)
    }

    /// As a query service writes it.
    pub(crate) fn xml(&self, request_id: &str) -> String {
        let mut xml = Xml::new();
        xml.within_namespace("ErrorResponse", NAMESPACE, |xml| {
            xml.within("Error", |xml| {
                xml.text("Type", if self.status >= 500 { "Receiver" } else { "Sender" });
                xml.text("Code", &self.code);
                xml.text("Message", &self.message);
            });
            xml.text("RequestId", request_id);
        });
        xml.finish()
    }
}
