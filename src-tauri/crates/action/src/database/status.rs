//! What RDS's words for the state of an instance mean. The list is open: a word that isn't known is waited on.

/// What a state means for whoever waits for an instance to be available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is.
    Available,
    /// It is getting there, as far as anyone knows.
    Working,
    /// It won't get there by itself; what to do next.
    Stuck(&'static str),
}

/// What a state means (facts §2.6, §2.7).
pub(super) fn meaning(status: &str) -> Meaning {
    Meaning::Stuck(match status {
        "available" => return Meaning::Available,
        "failed" => {
            "Delete it in the RDS console (without a final snapshot), then apply the plan again: RDS makes another. If \
             that fails too, plan from a snapshot."
        }
        "restore-error" | "incompatible-restore" | "incompatible-create" => {
            "RDS can't make an instance from this backup as it is. Read its events in the RDS console (tables that \
             are not InnoDB are a common reason), delete it there, then plan from another moment or from a snapshot."
        }
        "incompatible-parameters" => {
            "Its parameter group doesn't fit its engine or class. Correct the group in the RDS console and reboot the \
             instance, then apply the plan again."
        }
        "incompatible-option-group" => {
            "Its option group doesn't fit. Correct the group in the RDS console, or give the instance another one, \
             then apply the plan again."
        }
        "incompatible-network" => {
            "Its subnet group has no room or no longer covers its zones. Repair the subnet group in the RDS console, \
             delete the instance there, then apply the plan again."
        }
        "inaccessible-encryption-credentials" | "inaccessible-encryption-credentials-recoverable" => {
            "RDS can't use the key that encrypts it. In KMS enable the key, or cancel its deletion, and let RDS use it; \
             start the instance in the RDS console, then apply the plan again."
        }
        "insufficient-capacity" => {
            "AWS has no room for its class in this zone now. Wait some minutes and apply the plan again; if it \
             stays so, change its class in the RDS console or restore into another region."
        }
        "storage-full" => {
            "Its storage is full. Give it more in the RDS console (10 % at least), then apply the plan again."
        }
        "stopped" | "stopping" => {
            "Somebody stopped it. Start it in the RDS console, then apply the plan again."
        }
        "deleting" | "delete-precheck" => {
            "Somebody is deleting it. Find out who and why; when it is gone, apply the plan again."
        }
        _ => return Meaning::Working,
    })
}
