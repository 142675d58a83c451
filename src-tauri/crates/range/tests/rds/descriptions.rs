//! What is described, page by page: instances, tags, groups, proxies, events, keys.

use aws_sdk_rds::types::{Filter, Tag};
use range::rds::{Instance, Key, KeyStatus, Proxy};

use crate::support::{EAST, EAST_KEY, WEST, World, bad, missing, portal_settings, refusal, sdk_time};

#[tokio::test]
async fn lists_come_in_pages() {
    let world = World::empty();
    for n in 0..45 {
        world
            .rds()
            .add_instance(EAST, Instance::new(EAST, &format!("db-{n:02}"), portal_settings(), world.now()));
    }
    let mut pages = world.east.describe_db_instances().into_paginator().page_size(20).send();
    let (mut sizes, mut ids) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap().db_instances.unwrap();
        sizes.push(page.len());
        ids.extend(page.into_iter().filter_map(|instance| instance.db_instance_identifier));
    }
    assert_eq!(sizes, [20, 20, 5]);
    ids.dedup();
    assert_eq!(ids.len(), 45);
    let small = world.east.describe_db_instances().max_records(19).send().await;
    assert_eq!(refusal(small), bad("InvalidParameterValue"));
    assert!(world.west.describe_db_instances().send().await.unwrap().db_instances().is_empty());
}

#[tokio::test]
async fn filters_choose_and_unknown_ones_are_refused() {
    let world = World::with_portal();
    let filtered = |name: &str, value: &str| {
        let filter = Filter::builder().name(name).values(value).build();
        world.east.describe_db_instances().filters(filter).send()
    };
    assert_eq!(filtered("db-instance-id", "portal").await.unwrap().db_instances().len(), 1);
    assert_eq!(filtered("dbi-resource-id", &world.resource_id()).await.unwrap().db_instances().len(), 1);
    assert!(filtered("db-instance-id", "other").await.unwrap().db_instances().is_empty());
    assert_eq!(refusal(filtered("colour", "red").await), bad("InvalidParameterValue"));
    let retained = Filter::builder().name("status").values("retained").build();
    let backups = world.east.describe_db_instance_automated_backups().filters(retained).send().await.unwrap();
    assert!(backups.db_instance_automated_backups().is_empty());
}

#[tokio::test]
async fn tags_are_kept() {
    let world = World::with_portal();
    let arn = "arn:aws:rds:us-east-1:000000000000:db:portal";
    let tag = Tag::builder().key("owner").value("R&D <ops>").build();
    world.east.add_tags_to_resource().resource_name(arn).tags(tag).send().await.unwrap();
    let tags = world.east.list_tags_for_resource().resource_name(arn).send().await.unwrap().tag_list.unwrap();
    let tags: Vec<_> = tags.iter().map(|tag| (tag.key().unwrap(), tag.value().unwrap())).collect();
    assert_eq!(tags, [("owner", "R&D <ops>"), ("system", "portal")]);
    assert_eq!(world.rds().instances(EAST)[0].settings.tags.len(), 2);
    let gone =
        world.east.list_tags_for_resource().resource_name("arn:aws:rds:us-east-1:000000000000:db:gone");
    assert_eq!(refusal(gone.send().await), missing("DBInstanceNotFound"));
}

#[tokio::test]
async fn groups_and_classes_are_described() {
    let world = World::with_portal();
    let subnets =
        world.east.describe_db_subnet_groups().db_subnet_group_name("portal-db").send().await.unwrap();
    let group = &subnets.db_subnet_groups()[0];
    assert_eq!((group.vpc_id(), group.subnets().len()), (Some("vpc-portal"), 2));
    let gone = world.west.describe_db_subnet_groups().db_subnet_group_name("portal-db").send().await;
    assert_eq!(refusal(gone), missing("DBSubnetGroupNotFoundFault"));
    let parameters = world.east.describe_db_parameter_groups().db_parameter_group_name("portal-mysql80");
    let parameters = parameters.send().await.unwrap().db_parameter_groups.unwrap();
    assert_eq!(parameters[0].db_parameter_group_family(), Some("mysql8.0"));
    let gone =
        world.west.describe_db_parameter_groups().db_parameter_group_name("portal-mysql80").send().await;
    assert_eq!(refusal(gone), missing("DBParameterGroupNotFound"));
    let options =
        world.west.describe_option_groups().option_group_name("default:mysql-8-0").send().await.unwrap();
    assert_eq!(options.option_groups_list()[0].major_engine_version(), Some("8.0"));
    let gone = world.west.describe_option_groups().option_group_name("no").send().await;
    assert_eq!(refusal(gone), missing("OptionGroupNotFoundFault"));
    let classes = world.east.describe_orderable_db_instance_options().engine("mysql");
    let classes = classes.db_instance_class("db.m6g.large").engine_version("8.0.39").send().await.unwrap();
    assert_eq!(classes.orderable_db_instance_options().len(), 3);
}

#[tokio::test]
async fn proxies_name_their_targets() {
    let world = World::with_portal();
    let proxy =
        Proxy { name: "portal-proxy".to_owned(), targets: vec!["portal".to_owned()], created: world.now() };
    world.rds().add_proxy(EAST, proxy);
    let proxies = world.east.describe_db_proxies().send().await.unwrap().db_proxies.unwrap();
    assert_eq!(proxies[0].db_proxy_name(), Some("portal-proxy"));
    let targets = world.east.describe_db_proxy_targets().db_proxy_name("portal-proxy").send().await.unwrap();
    assert_eq!(targets.targets()[0].rds_resource_id(), Some("portal"));
    let gone = world.east.describe_db_proxy_targets().db_proxy_name("no").send().await;
    assert_eq!(refusal(gone), missing("DBProxyNotFoundFault"));
}

#[tokio::test]
async fn events_are_those_of_the_source_and_the_time_asked_for() {
    let world = World::with_portal();
    let at = world.before(90);
    world.rds().add_event(EAST, world.before(20 * 24 * 60), "portal", "Backing up DB instance", "backup");
    world.rds().add_event(EAST, at, "portal", "Finished DB Instance backup", "backup");
    let ask = || world.east.describe_events().source_identifier("portal").source_type("db-instance".into());
    assert!(ask().send().await.unwrap().events().is_empty(), "an hour, unless asked otherwise");
    let events = ask().duration(20160).send().await.unwrap().events.unwrap();
    assert_eq!(events.len(), 1, "RDS keeps fourteen days");
    assert_eq!(events[0].message(), Some("Finished DB Instance backup"));
    assert_eq!(events[0].date(), Some(&sdk_time(at)));
    assert_eq!(ask().start_time(sdk_time(world.before(100))).send().await.unwrap().events().len(), 1);
    let typeless = world.east.describe_events().source_identifier("portal").send().await;
    assert_eq!(refusal(typeless), bad("InvalidParameterCombination"));
}

fn kms(world: &World, region: &str, secret: &str) -> aws_sdk_kms::Client {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(aws_sdk_kms::config::BehaviorVersion::v2026_01_12())
        .retry_config(aws_sdk_kms::config::retry::RetryConfig::disabled())
        .region(aws_sdk_kms::config::Region::new(region.to_owned()))
        .credentials_provider(aws_sdk_kms::config::Credentials::new(
            &world.range.ready().access_key_id,
            secret,
            None,
            None,
            "test",
        ))
        .endpoint_url(world.range.endpoint())
        .build();
    aws_sdk_kms::Client::from_conf(config)
}

#[tokio::test]
async fn kms_says_whether_a_key_can_be_used() {
    let world = World::with_portal();
    let secret = world.range.ready().secret_access_key.clone();
    let east = kms(&world, EAST, &secret);
    for id in [EAST_KEY, "alias/practice-rds", "11111111-1111-1111-1111-111111111111"] {
        let key = east.describe_key().key_id(id).send().await.unwrap().key_metadata.unwrap();
        assert_eq!((key.arn(), key.enabled()), (Some(EAST_KEY), true));
    }
    let elsewhere = kms(&world, WEST, &secret).describe_key().key_id(EAST_KEY).send().await;
    assert_eq!(refusal(elsewhere), bad("NotFoundException"));
    let at = "2026-12-02T12:00:00Z".parse().unwrap();
    let doomed = Key::new(EAST, "33333333-3333-3333-3333-333333333333", Some("alias/doomed"), world.now());
    world.rds().add_key(EAST, Key { status: KeyStatus::PendingDeletion(at), ..doomed });
    let key = east.describe_key().key_id("alias/doomed").send().await.unwrap().key_metadata.unwrap();
    assert_eq!(key.key_state().unwrap().as_str(), "PendingDeletion");
    assert_eq!(key.deletion_date().unwrap().secs(), at.as_second());
    world.disable_key();
    let key = east.describe_key().key_id(EAST_KEY).send().await.unwrap().key_metadata.unwrap();
    assert_eq!((key.key_state().unwrap().as_str(), key.enabled()), ("Disabled", false));
    let wrong = kms(&world, EAST, "wrong").describe_key().key_id(EAST_KEY).send().await;
    assert_eq!(refusal(wrong), bad("InvalidSignatureException"));
    let other = east.list_keys().send().await;
    assert_eq!(refusal(other), (501, "NotImplemented".to_owned()));
}
