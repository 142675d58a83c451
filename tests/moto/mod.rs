//! What others' programs say of what Lifeboat did: moto as the S3 and the RDS, boto3 as the client.

mod databases;
mod harness;
pub(crate) mod methods;
mod restore;
