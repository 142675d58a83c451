//! What others' programs say of what Lifeboat did: moto as the S3, boto3 as the client.

mod harness;
mod restore;
