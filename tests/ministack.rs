//! Every method on ministack, an S3 by others than moto's, judged by boto3.

use crate::moto::methods::{Damaged, is_brought_back_from_a_replica};
use crate::support::ministack::Ministack;

macro_rules! on_ministack {
    ($($name:ident: $check:ident),+) => {$(
        #[tokio::test]
        async fn $name() {
            let server = Ministack::start();
            let environment = server.environment();
            let python = |script: &str, args: &[&str]| server.python(script, args);
            Damaged { python: &python, environment }.$check().await;
        }
    )+};
}

/// moto copies nothing to a replica; ministack does.
#[tokio::test]
async fn boto3_reads_what_came_back_from_the_replica() {
    let server = Ministack::start();
    let environment = server.environment();
    let python = |script: &str, args: &[&str]| server.python(script, args);
    is_brought_back_from_a_replica(&Damaged { python: &python, environment }).await;
}

on_ministack! {
    boto3_reads_what_was_copied_back: is_copied_back,
    boto3_reads_what_was_undeleted: is_undeleted,
    boto3_reads_what_was_rewound: is_rewound,
    boto3_reads_what_was_copied_beside: is_copied_beside
}
