//! Who the credentials belong to.

use action::port::{Caller, Identity, PortError, PortErrorKind};
use async_trait::async_trait;
use aws_sdk_sts::operation::RequestId;

use crate::errors::Site;

pub(crate) struct Sts {
    pub(crate) client: aws_sdk_sts::Client,
    pub(crate) site: Site,
}

#[async_trait]
impl Identity for Sts {
    async fn whoami(&self) -> Result<Caller, PortError> {
        const OPERATION: &str = "GetCallerIdentity";
        let site = &self.site;
        let answer = self
            .client
            .get_caller_identity()
            .send()
            .await
            .map_err(|e| site.port_error(OPERATION, &site.account, &e))?;
        match (answer.account(), answer.arn()) {
            (Some(account), Some(arn)) => {
                Ok(Caller { account: account.to_owned(), arn: arn.to_owned(), region: site.region.clone() })
            }
            _ => Err(PortError {
                kind: PortErrorKind::Other,
                operation: OPERATION.to_owned(),
                target: site.account.clone(),
                message: "the answer names no account".to_owned(),
                request_id: answer.request_id().map(str::to_owned),
                next: "Check `endpoints.sts` in the environment file: what answers there is not STS."
                    .to_owned(),
            }),
        }
    }
}
