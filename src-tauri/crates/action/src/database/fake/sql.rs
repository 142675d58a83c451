//! The rows of the [`Fake`], as far as counting them goes.

use async_trait::async_trait;
use futures::stream::BoxStream;
use jiff::Timestamp;

use super::{Fake, error};
use crate::port::*;

#[async_trait]
impl Sql for Fake {
    async fn read(&self, at: &Endpoint, _: Limits) -> Result<Box<dyn Reading>, PortError> {
        match self.state().tables.clone() {
            Some(tables) => Ok(Box::new(Session { tables })),
            None => Err(error(PortErrorKind::Credentials, "connect", &at.address)),
        }
    }

    async fn change(&self, at: &Endpoint, _: &[String], _: Limits) -> Result<Vec<u64>, PortError> {
        Err(error(PortErrorKind::Other, "change", &at.address))
    }
}

struct Session {
    tables: std::collections::BTreeMap<String, TableFacts>,
}

#[async_trait]
impl Reading for Session {
    async fn server(&mut self) -> Result<Server, PortError> {
        Ok(Server { version: "8.0.39".to_owned(), tls: "TLSv1.3".to_owned(), user: "lifeboat".to_owned() })
    }

    async fn query(&mut self, statement: &str) -> Result<Rows, PortError> {
        Err(error(PortErrorKind::Other, "query", statement))
    }

    async fn table(&mut self, name: &str, _: Option<&str>) -> Result<TableFacts, PortError> {
        self.tables.get(name).cloned().ok_or_else(|| error(PortErrorKind::NotFound, "count", name))
    }

    async fn changed_between(
        &mut self,
        table: &str,
        _: &str,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<u64, PortError> {
        Err(error(PortErrorKind::Other, "count", table))
    }

    async fn tables(&mut self) -> Result<Vec<String>, PortError> {
        Ok(self.tables.keys().cloned().collect())
    }

    async fn check(&mut self, _: &str) -> Result<Vec<String>, PortError> {
        Ok(Vec::new())
    }

    async fn photos<'a>(
        &'a mut self,
        statement: &str,
    ) -> Result<BoxStream<'a, Result<NamedPhoto, PortError>>, PortError> {
        Err(error(PortErrorKind::Other, "photos", statement))
    }
}
