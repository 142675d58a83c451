//! A restore holds exactly the rows that were committed before its moment.

use jiff::ToSpan as _;
use range::rds::{BackupId, Behind as _};

use crate::support::{
    AWAY, DOWN, HOME, MIGRATED, bases, client, digest_of_restore, noted, primary, restored, rows, small,
    start,
};

#[test]
fn to_a_moment_before_the_damage_and_to_one_after_it() {
    let range = &*MIGRATED;
    let (_, oldest) = bases(range)[0];
    let before = range.ready().before_damage.unwrap();
    assert_eq!(digest_of_restore(range, oldest, Some(before)), *noted(range, before));
    let now = *range.database_digests().keys().last().unwrap();
    assert!(now > range.ready().database.as_ref().unwrap().outage.unwrap());
    assert_eq!(digest_of_restore(range, oldest, Some(now)), *noted(range, now));
    assert_ne!(noted(range, before), noted(range, now));
    // The migration touched cards alone, and the newest change tells nothing of it.
    let (well, ill) = (&noted(range, before).tables, &noted(range, now).tables);
    assert_eq!(well["photos"].rows, ill["photos"].rows);
    assert!(ill["card_records"].newest > well["card_records"].newest);
}

#[test]
fn to_a_moment_between_two_transactions_a_second_apart() {
    let range = &*MIGRATED;
    let digests = range.database_digests();
    // The only moment that was noted on a half minute.
    let between = *digests.keys().find(|at| at.as_second() % 60 == 31).unwrap();
    let (_, base) = *bases(range).iter().rfind(|(taken, _)| *taken <= between).unwrap();
    let changed = |seconds: i64| {
        let at = between.checked_add(seconds.seconds()).unwrap();
        let (database, port) = restored(range, base, Some(at));
        let count = rows(port, "SELECT MAX(changed_at), COUNT(*) FROM card_records");
        let digest = range.servers().unwrap().digest(port).unwrap();
        range.servers().unwrap().stop(database);
        (digest, count[0][0].clone())
    };
    let newest = |seconds: i64| {
        let at = between.checked_add(seconds.seconds()).unwrap();
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    };
    let (at, last) = changed(0);
    assert_eq!((&at, last), (noted(range, between), newest(-1)));
    let (after, last) = changed(1);
    assert_eq!(last, newest(0));
    assert_ne!(after, at);
}

#[test]
fn a_snapshot_holds_what_there_was_when_it_was_taken() {
    let range = &*MIGRATED;
    let snapshots = range.rds().snapshots(HOME);
    let manual = snapshots.iter().find(|snapshot| snapshot.id == "before-migration").unwrap();
    assert_eq!(digest_of_restore(range, manual.backup.unwrap(), None), *noted(range, manual.taken));
    let copy = range.rds().snapshots(AWAY).remove(0);
    let (region, source) = copy.source.as_ref().unwrap();
    let source = snapshots.iter().find(|known| known.arn(region) == *source).unwrap();
    assert_eq!((source.backup, source.taken), (copy.backup, copy.taken));
}

#[test]
fn from_the_logs_of_an_instance_that_was_deleted() {
    let range = &*DOWN;
    let backups = range.rds().automated_backups(HOME).remove(0);
    assert_eq!((backups.status.as_str(), range.rds().instances(HOME).len()), ("retained", 0));
    let before = range.ready().before_damage.unwrap();
    let base = backups.bases[0].backup;
    assert_eq!(digest_of_restore(range, base, Some(before)), *noted(range, before));
    let latest = backups.latest.unwrap();
    assert_eq!(digest_of_restore(range, base, Some(latest)), *noted(range, latest));
}

#[test]
fn a_restored_database_has_logs_and_backups_of_its_own() {
    let range = start(small("instance-deleted", "kind: automated", "kind: automated"));
    let servers = range.servers().unwrap();
    let (database, port) = restored(&range, bases(&range)[0].1, range.ready().before_damage);
    let base = servers.back_up(database).unwrap();
    let then = servers.digest(port).unwrap();
    rows(port, "DELETE FROM photos");
    servers.stop(database);
    assert_eq!(servers.port(database), None);
    assert_eq!(digest_of_restore(&range, base, None), then);
    let end = jiff::Timestamp::now().checked_add(2.seconds()).unwrap();
    let last = digest_of_restore(&range, base, Some(end));
    assert_eq!(last.tables["photos"].rows, 0);
    assert_eq!(last.tables["card_records"], then.tables["card_records"]);
    assert!(servers.back_up(database).unwrap_err().to_string().contains("does not run"));
    assert!(servers.restore(BackupId(999), None).unwrap_err().to_string().contains("no backup 999"));
}

#[test]
fn only_tls_is_taken_and_only_the_practice_login() {
    let (database, port) = restored(&MIGRATED, bases(&MIGRATED)[0].1, None);
    let (user, _) = action::environment::PRACTICE_LOGIN;
    let said = |output: std::process::Output| {
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let plain = said(client(port, user, &["--skip-ssl"], "SELECT 1"));
    assert!(plain.contains("3159") || plain.contains("1045"), "{plain}");
    let root = said(client(port, "root", &["--ssl"], "SELECT 1"));
    assert!(root.contains("1045"), "{root}");
    let cipher = rows(port, "SHOW STATUS LIKE 'Ssl_version'");
    assert!(cipher[0][1].starts_with("TLSv1."), "{cipher:?}");
    MIGRATED.servers().unwrap().stop(database);
}

#[test]
fn a_certificate_by_a_stranger_is_refused() {
    let range = start(small("bad-migration", "  replicated: true", "  certificate: stranger"));
    let servers = range.servers().unwrap();
    let port = primary(&range);
    let refused = servers.digest(port).unwrap_err().to_string();
    assert!(refused.contains("certificate"), "{refused}");
    let (user, _) = action::environment::PRACTICE_LOGIN;
    assert!(client(port, user, &["--ssl"], "SELECT 1").status.success(), "it does answer who doesn't look");
}
