//! The Portal DB's port against canned answers: shapes, pages, what is sent, what is sent again, and refusals.

use std::collections::BTreeMap;

use crate::stub::{response, sts_refusal};

mod changes;
mod questions;

pub(super) const EAST: &str = "us-east-1";
pub(super) const WEST: &str = "us-west-2";

/// RDS's way of answering.
pub(super) fn answer(operation: &str, result: &str) -> String {
    let body = format!(
        "<{operation}Response xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><{operation}Result>{result}\
         </{operation}Result><ResponseMetadata><RequestId>RDS1</RequestId></ResponseMetadata></{operation}Response>"
    );
    response(200, "content-type: text/xml\r\nx-amzn-requestid: RDS1\r\n", &body)
}

/// RDS's way of refusing.
pub(super) fn refused(status: u16, code: &str, message: &str) -> String {
    sts_refusal(code, message).replacen("403", &status.to_string(), 1)
}

pub(super) fn instance(id: &str, more: &str) -> String {
    format!(
        "<DBInstanceIdentifier>{id}</DBInstanceIdentifier><DBInstanceStatus>available</DBInstanceStatus>\
         <DBInstanceArn>arn:aws:rds:us-east-1:000000000000:db:{id}</DBInstanceArn><DbiResourceId>db-{id}</DbiResourceId>{more}"
    )
}

pub(super) fn instances(list: &[String], marker: &str) -> String {
    let list: String = list.iter().map(|one| format!("<DBInstance>{one}</DBInstance>")).collect();
    answer("DescribeDBInstances", &format!("<DBInstances>{list}</DBInstances>{marker}"))
}

/// The body's parameters, as they were sent.
pub(super) fn sent(request: &str) -> BTreeMap<String, String> {
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let plain =
        |text: &str| text.replace("%3A", ":").replace("%2F", "/").replace('+', " ").replace("%20", " ");
    body.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (plain(name), plain(value)))
        .filter(|(name, _)| name != "Version")
        .collect()
}

pub(super) fn pairs(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn snapshot(id: &str, account: &str, kind: &str, more: &str) -> String {
    format!(
        "<DBSnapshot><DBSnapshotIdentifier>{id}</DBSnapshotIdentifier><DBInstanceIdentifier>portal</DBInstanceIdentifier>\
         <DBSnapshotArn>arn:aws:rds:us-west-2:{account}:snapshot:{id}</DBSnapshotArn><SnapshotType>{kind}</SnapshotType>\
         <Status>available</Status><PercentProgress>100</PercentProgress>{more}</DBSnapshot>"
    )
}
