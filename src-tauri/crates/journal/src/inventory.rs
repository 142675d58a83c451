//! What was known of the Portal in peacetime: dated records beside the runs, never changed and never removed.

use action::Inventory;
use run::Digest;
use rusqlite::{OptionalExtension as _, params};

use crate::store::{Journal, JournalError, at};

impl Journal {
    /// Keeps a record, and returns once it is on the disk.
    ///
    /// # Errors
    /// Anything SQLite says; nothing is kept then.
    pub fn keep_inventory(&self, inventory: &Inventory) -> Result<(), JournalError> {
        let body = serde_json::to_string(inventory)?;
        let hash = Digest::of(body.as_bytes()).to_string();
        let (environment, account) = (&inventory.environment, &inventory.account);
        self.connection()
            .execute(
                "INSERT INTO inventory (environment, account, taken, body, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![environment, account, inventory.taken.to_string(), body, hash],
            )
            .map_err(at(self.path()))?;
        Ok(())
    }

    /// The newest record of an environment in an account; `None` when there is none.
    ///
    /// # Errors
    /// [`JournalError::Inventory`] when it was changed after it was written; anything SQLite says.
    pub fn inventory(&self, environment: &str, account: &str) -> Result<Option<Inventory>, JournalError> {
        let newest: Option<(i64, String, String)> = self
            .connection()
            .query_row(
                "SELECT number, body, hash FROM inventory WHERE environment = ?1 AND account = ?2 \
                 ORDER BY number DESC LIMIT 1",
                [environment, account],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()
            .map_err(at(self.path()))?;
        newest.map(|(number, body, hash)| self.whole(number, &body, &hash)).transpose()
    }

    /// Looks at every record, and counts them.
    pub(crate) fn verify_inventories(&self) -> Result<u64, JournalError> {
        let records: Vec<(i64, [String; 3], String, String)> = {
            let connection = self.connection();
            let at = at(self.path());
            // A journal that was only opened to be read may be of a version that had none.
            let there = "SELECT count(*) FROM sqlite_schema WHERE name = 'inventory'";
            if connection.query_row(there, [], |row| row.get::<_, i64>(0)).map_err(&at)? == 0 {
                return Ok(0);
            }
            let mut query = connection
                .prepare(
                    "SELECT number, environment, account, taken, body, hash FROM inventory ORDER BY number",
                )
                .map_err(&at)?;
            let row = |row: &rusqlite::Row<'_>| {
                Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?], row.get(4)?, row.get(5)?))
            };
            query.query_map([], row).map_err(&at)?.collect::<Result<_, _>>().map_err(&at)?
        };
        for (next, (number, of, body, hash)) in (1..).zip(&records) {
            let Inventory { environment, account, taken, .. } = self.whole(*number, body, hash)?;
            if *of != [environment, account, taken.to_string()] || *number != next {
                let why = "it is not filed as what it is".to_owned();
                return Err(JournalError::Inventory { path: self.path().to_owned(), number: *number, why });
            }
        }
        Ok(records.len() as u64)
    }

    fn whole(&self, number: i64, body: &str, hash: &str) -> Result<Inventory, JournalError> {
        let broken = |why: String| JournalError::Inventory { path: self.path().to_owned(), number, why };
        if Digest::of(body.as_bytes()).to_string() != hash {
            return Err(broken("it was changed after it was written".to_owned()));
        }
        serde_json::from_str(body).map_err(|why| broken(why.to_string()))
    }
}
