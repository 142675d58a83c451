//! The journal's key in the OS keychain, and the checkpoints that are signed with it.
//!
//! The keychain may take two minutes and ask a person: it is asked when a run has ended, when one is exported and when
//! the journal is verified, never while something is being restored.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journal::{Journal, JournalError, Seal, SealError, Signer, TreeHead, Verifier, VerifyError};
use keychain::KeychainError;
use run::RunId;
use serde::{Deserialize, Serialize};

use crate::session::now;

/// Why no checkpoint was signed, or none could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum UnsealedError {
    /// The keychain doesn't give the key, or doesn't keep it.
    #[error("{0}")]
    Keychain(#[from] KeychainError),
    /// The entry is there and is no key.
    #[error("the keychain's entry {0} does not hold a key; delete it there, and a new key is made")]
    NoKey(String),
    /// The system gives no random bytes.
    #[error("no key can be made: the system gives no random bytes ({0})")]
    Random(getrandom::Error),
    /// The journal doesn't go on from what was signed before, or can't be used.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The journal can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What the keychain keeps of a journal.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The key: 32 bytes in base64.
    secret: String,
    /// The last checkpoint.
    last: Option<TreeHead>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("last", &self.last).finish_non_exhaustive()
    }
}

/// What this machine knows of a journal, outside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The public half of its key.
    pub key: Verifier,
    /// The last checkpoint that was signed with it.
    pub last: Option<TreeHead>,
}

/// The entry of the journal at `path`: each place has its own, so that a journal that is put in the place of another is
/// told from it.
fn entry(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    format!("journal {}", path.display())
}

/// What the keychain keeps of the journal at `path`; `None` when there is nothing yet.
///
/// # Errors
/// A keychain that can't be used.
pub async fn remembered(path: &Path) -> Result<Option<Remembered>, UnsealedError> {
    let kept = kept(&entry(path)).await?;
    Ok(kept.map(|(signer, last)| Remembered { key: signer.verifier().clone(), last }))
}

async fn kept(entry: &str) -> Result<Option<(Signer, Option<TreeHead>)>, UnsealedError> {
    let no_key = || UnsealedError::NoKey(entry.to_owned());
    let kept: Kept = match keychain::get(entry).await {
        Ok(kept) => kept,
        Err(KeychainError::NoEntry { .. }) => return Ok(None),
        Err(KeychainError::Malformed { .. }) => return Err(no_key()),
        Err(why) => return Err(why.into()),
    };
    let secret = STANDARD.decode(kept.secret).ok().and_then(|bytes| bytes.try_into().ok());
    Ok(Some((Signer::new(&secret.ok_or_else(no_key)?), kept.last)))
}

async fn keep(entry: &str, secret: &[u8; 32], last: Option<TreeHead>) -> Result<(), KeychainError> {
    keychain::set(entry, &Kept { secret: STANDARD.encode(secret), last }).await
}

/// The journal's key, made when there is none; its public half is in the journal from then on.
async fn signer(journal: &Journal, entry: &str) -> Result<(Signer, Option<TreeHead>), UnsealedError> {
    let kept = match kept(entry).await? {
        Some(kept) => kept,
        None => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(UnsealedError::Random)?;
            keep(entry, &secret, None).await?;
            // Should another process have made one at the same time, one of the two is there now.
            self::kept(entry).await?.ok_or_else(|| UnsealedError::NoKey(entry.to_owned()))?
        }
    };
    journal.keep_verifier(kept.0.verifier())?;
    Ok(kept)
}

/// The public half of the journal's key, made when there is none.
///
/// # Errors
/// A keychain that can't be used; a journal that can't be written.
pub async fn key(journal: &Journal) -> Result<Verifier, UnsealedError> {
    Ok(signer(journal, &entry(journal.path())).await?.0.verifier().clone())
}

/// Signs a checkpoint that says how long a run is, and keeps it in the journal; the keychain remembers it. When one says
/// so already, that is the one; the keychain, where there is one, must not remember a later.
///
/// # Errors
/// Why the run stays unsealed: its entries are in the journal all the same.
pub async fn seal(journal: &Journal, run: &RunId) -> Result<Seal, UnsealedError> {
    if let Some(sealed) = journal.sealed(run)? {
        if let Ok(Some(remembered)) = remembered(journal.path()).await {
            hold(journal, &remembered).map_err(SealError::from)?;
        }
        return Ok(sealed);
    }
    let entry = entry(journal.path());
    let (signer, last) = signer(journal, &entry).await?;
    let sealed = journal.seal(run, &signer, last.as_ref(), now())?;
    keep(&entry, signer.secret(), Some(sealed.tree)).await?;
    Ok(sealed)
}

/// Holds a journal against what the keychain remembers of it.
///
/// # Errors
/// [`VerifyError::Broken`] when it isn't the journal that was signed last: an older copy is in its place, its end was cut
/// off, or somebody else signed it.
pub fn hold(journal: &Journal, remembered: &Remembered) -> Result<(), VerifyError> {
    let Some(last) = &remembered.last else { return Ok(()) };
    journal.holds(last)?;
    match journal.last_checkpoint()? {
        Some((_, key)) if key == remembered.key => Ok(()),
        newest => {
            let size = newest.as_ref().map_or(last.size, |(tree, _)| tree.size);
            let why = match newest {
                Some((_, key)) => {
                    format!("it was signed by {key}, and this machine's key is {}", remembered.key)
                }
                None => "it is no longer in the journal".to_owned(),
            };
            Err(journal::Broken::Checkpoint { size, why }.into())
        }
    }
}
