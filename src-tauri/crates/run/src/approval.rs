//! What stands for an approval: a signature that a reader of the journal can check, a name, or the glass that was broken.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use jiff::Timestamp;
use runbook::StepId;
use serde::{Deserialize, Serialize};

use crate::{Digest, Event, RunId};

/// What stands for an approval.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum How {
    /// Their name was given: enough for one's own plan, and in an exercise.
    #[default]
    Named,
    /// They signed in with their passphrase.
    Signed(Signed),
    /// The glass was broken: one person went on alone.
    BrokeGlass {
        /// Why.
        reason: String,
    },
}

/// A person's Ed25519 signature under [`text`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Their public key, in base64.
    pub key: String,
    /// Since when they have had it, on this machine.
    pub since: Timestamp,
    /// The signature, in base64.
    pub signature: String,
}

/// What is signed to approve a plan, or to refuse it: five lines.
pub fn text(run: &RunId, step: &StepId, digest: &Digest, by: &str) -> String {
    words(run.as_str(), step, digest, by)
}

fn words(run: &str, step: &StepId, digest: &Digest, by: &str) -> String {
    format!("lifeboat approval\n{run}\n{step}\n{digest}\n{by}\n")
}

/// Whether the signature in an entry of `run` is of what the entry says; `None` where there is none.
pub fn holds(run: &str, event: &Event) -> Option<bool> {
    match event {
        Event::PlanApproved { step, digest, by, how: How::Signed(signed) } => {
            Some(signed.is_of(&words(run, step, digest, by)))
        }
        _ => None,
    }
}

impl Signed {
    /// Whether it is a signature of `text` by the key it names. Whose key that is it can't say.
    pub fn is_of(&self, text: &str) -> bool {
        let decoded = |text: &str| STANDARD.decode(text).ok();
        let key = decoded(&self.key).and_then(|bytes| VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok());
        let signature = decoded(&self.signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
        let (Some(key), Some(signature)) = (key, signature) else { return false };
        key.verify_strict(text.as_bytes(), &signature).is_ok()
    }
}
