//! Rows changed, all or none.

use action::port::{Endpoint, Limits, PortError, PortErrorKind};

use super::failure::Failure;
use super::session::{GRACE, bounded};
use super::{Connection, Opener, Purpose, guard};

/// Runs statements in one transaction and commits it; the rows that each changed. Any failure takes all of it back,
/// but for tables whose engine has no transactions (MyISAM).
pub(super) async fn change(
    opener: &Opener,
    at: &Endpoint,
    statements: &[String],
    limits: Limits,
) -> Result<Vec<u64>, PortError> {
    let failed = |failure: Failure| failure.at("change", opener.site(at));
    let statements = statements.iter().map(|statement| guard::changing(statement));
    let statements = statements.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let mut connection = opener.open(at, limits, Purpose::Change).await?;
    let connection = connection.as_mut();
    let explain = |why: &sqlx::Error| Failure::from_sqlx(why, at, limits);
    let changed = run(connection, &statements, limits, explain).await;
    match changed {
        Ok(counts) => {
            let committed = async { connection.run("COMMIT").await.map_err(|why| explain(&why)) };
            bounded(limits.statement, committed).await.map_err(|why| failed(unsure(why)))?;
            Ok(counts)
        }
        Err(failure) => {
            // Dropping the connection takes everything back too; this has it done by the time the error is told.
            if !failure.spent {
                let _ = tokio::time::timeout(GRACE, connection.run("ROLLBACK")).await;
            }
            Err(failed(failure))
        }
    }
}

async fn run(
    connection: &mut dyn Connection,
    statements: &[&str],
    limits: Limits,
    explain: impl Fn(&sqlx::Error) -> Failure,
) -> Result<Vec<u64>, Failure> {
    let mut counts = Vec::with_capacity(statements.len());
    let begun = async { connection.run("BEGIN").await.map_err(|why| explain(&why)) };
    bounded(limits.statement, begun).await?;
    for statement in statements {
        let changed = async {
            connection.prepare(statement).await?;
            connection.run(statement).await
        };
        let changed = async { changed.await.map_err(|why| explain(&why)) };
        counts.push(bounded(limits.statement, changed).await?);
    }
    Ok(counts)
}

/// A commit that was not answered may have happened.
fn unsure(failure: Failure) -> Failure {
    if !failure.spent {
        return failure;
    }
    Failure::new(
        PortErrorKind::Unreachable,
        format!("{}, while everything was being committed", failure.message),
        "Whether the change was made is not known. Count the rows again before anything else.",
    )
}
