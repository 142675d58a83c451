//! The four parts of the measurement, and the goals of each.

use super::measured::{Taken, example};
use super::peers::Peer;
use super::servers::{Ministack, Stage};
use super::table::{Row, Table};
use super::{Bench, LIMIT};
use crate::error::Error;

/// The bucket and the prefix that every photo is in.
const BUCKET: [&str; 2] = ["bucket=veonics-photos", "prefix=photos/"];
/// What a survey may hold in memory at most: bytes.
const MEMORY: u64 = 150_000_000;
/// Photos on ministack, and the bytes of each.
const SMALL: (u64, u64) = (5_000, 50_000);
/// Tools by others get one photo of so many on the range, where they would take a quarter of an hour.
const FEWER: u64 = 20;
/// Connections of the bare client on ministack: what is best for the server differs.
const CONNECTIONS: [&str; 2] = ["8", "32"];

impl Bench<'_> {
    /// Has the app do something on a server.
    fn app(&self, endpoint: &str, action: &str, at: &str, items: u64) -> Result<Taken, Error> {
        let at = format!("at={at}");
        example(self.example(["run", endpoint, action].into_iter().chain(BUCKET).chain([&*at])), items)
    }

    fn rounds(&self) -> impl Iterator<Item = u64> + use<> {
        let rounds = self.options.rounds;
        (1..=rounds).inspect(move |round| println!("Round {round} of {rounds} …"))
    }

    fn peers(&self, of: &[Peer]) -> Vec<(Peer, Row)> {
        let asked = of.iter().filter(|_| self.options.peers);
        asked.filter(|peer| peer.is_there(self)).map(|peer| (*peer, Row::new(peer.name()))).collect()
    }
}

/// Adds the rows of tools by others, and what they are to be beaten by.
fn beside(table: &mut Table, ours: &Row, peers: Vec<(Peer, Row)>, goals: &[(Peer, f64)]) {
    for (peer, row) in peers {
        if let Some((_, times)) = goals.iter().find(|(of, _)| *of == peer) {
            let faster = ours.whole_rate() / row.whole_rate().max(1e-9);
            let goal = format!("planning included, at least {times} times {}: {faster:.1}", peer.name());
            table.goal(goal, faster >= *times);
        }
        table.row(row);
    }
}

/// Photos in one prefix, seven of ten overwritten and three deleted, come back up to S3's limit.
pub(super) fn restore(bench: &Bench<'_>) -> Result<Table, Error> {
    let photos = bench.options.photos;
    println!("\nBringing back {photos} photos on the range …");
    let mut ours = Row::new("photos.restore");
    let mut peers = bench.peers(&[Peer::PitRestore, Peer::S3sync, Peer::Rclone]);
    for _ in bench.rounds() {
        let mut stage = Stage::start(bench, "mixed", photos, LIMIT)?;
        let taken = bench.app(&stage.endpoint, "photos.restore", &stage.at, photos)?;
        let taken = stage.seen(taken)?;
        ours.push(stage.judged(taken)?);
        for (peer, row) in &mut peers {
            let few = photos.div_ceil(FEWER);
            let mut stage = Stage::start(bench, "mixed", few, LIMIT)?;
            let taken = peer.restore(bench, &stage.endpoint, &stage.at, few)?;
            let taken = stage.seen(taken)?;
            row.push(stage.judged(taken)?);
        }
    }
    let title = format!(
        "{photos} photos back in place, 40 ms a request, {LIMIT} writes/s a prefix (others: {})",
        photos.div_ceil(FEWER)
    );
    let mut table = Table::new(title, "photos/s");
    let share = ours.rate() / LIMIT as f64 * 100.0;
    table.goal(format!("at least 90 % of the limit: {share:.1} %"), share >= 90.0);
    let slowed = ours.slowed() * 100.0;
    table.goal(format!("under 1 % answered 503: {slowed:.2} %"), slowed < 1.0);
    table.goal("nothing lost", ours.lost_nothing());
    let goals = [(Peer::PitRestore, 15.0), (Peer::S3sync, 2.0)];
    beside(&mut table, &ours, peers, &goals);
    table.row(ours);
    Ok(table)
}

/// Photos on a server by others come back as fast as that server lets a bare client copy.
pub(super) fn ministack(bench: &Bench<'_>) -> Result<Table, Error> {
    let (photos, bytes) = SMALL;
    println!("\nBringing back {photos} photos on ministack …");
    let (mut bare, mut ours) = (Row::new("a bare client"), Row::new("photos.restore"));
    let mut peers = bench.peers(&[Peer::PitRestore, Peer::S3sync, Peer::Rclone]);
    let on = |run: &dyn Fn(&Ministack) -> Result<Taken, Error>| {
        let server = Ministack::start(bench, photos, bytes)?;
        let before = server.cpu();
        let taken = run(&server)?;
        let server_cpu = server.cpu().zip(before).map(|(now, was)| now - was);
        Ok::<_, Error>(server.judged(bench, Taken { server: server_cpu, ..taken }))
    };
    for _ in bench.rounds() {
        let mut best = Taken { failed: Some("it was not run".to_owned()), ..Taken::default() };
        for connections in CONNECTIONS {
            let taken =
                on(&|server| example(bench.example(["copy", &server.endpoint, connections]), photos))?;
            if taken.rate() > best.rate() {
                best = taken;
            }
        }
        bare.push(best);
        ours.push(on(&|server| bench.app(&server.endpoint, "photos.restore", &server.at, photos))?);
        for (peer, row) in &mut peers {
            row.push(on(&|server| peer.restore(bench, &server.endpoint, &server.at, photos))?);
        }
    }
    let title = format!("{photos} photos of {} KB back in place on ministack", bytes / 1000);
    let mut table = Table::new(title, "photos/s");
    let share = ours.beside(&bare) * 100.0;
    table.goal(format!("at least 85 % of what the server gives a bare client: {share:.1} %"), share >= 85.0);
    table.goal("nothing lost", ours.lost_nothing());
    beside(&mut table, &ours, peers, &[(Peer::PitRestore, 4.0), (Peer::S3sync, 2.0)]);
    table.row(bare);
    table.row(ours);
    Ok(table)
}

/// Delete markers are removed in batches.
pub(super) fn undelete(bench: &Bench<'_>) -> Result<Table, Error> {
    let photos = bench.options.photos;
    println!("\nRemoving {photos} delete markers on the range …");
    let mut ours = Row::new("photos.undelete");
    let mut peers = bench.peers(&[Peer::PitRestore]);
    for _ in bench.rounds() {
        let mut stage = Stage::start(bench, "deleted", photos, LIMIT)?;
        let taken = bench.app(&stage.endpoint, "photos.undelete", &stage.at, photos)?;
        let taken = stage.seen(taken)?;
        ours.push(stage.judged(taken)?);
        for (peer, row) in &mut peers {
            let few = photos.div_ceil(FEWER);
            let mut stage = Stage::start(bench, "deleted", few, LIMIT)?;
            let taken = peer.restore(bench, &stage.endpoint, &stage.at, few)?;
            let taken = stage.seen(taken)?;
            row.push(stage.judged(taken)?);
        }
    }
    let title = format!("{photos} delete markers removed (others: {})", photos.div_ceil(FEWER));
    let mut table = Table::new(title, "photos/s");
    table.goal("nothing lost", ours.lost_nothing());
    beside(&mut table, &ours, peers, &[(Peer::PitRestore, 50.0)]);
    table.row(ours);
    Ok(table)
}

/// Every version is listed, in one prefix and 40 ms a page.
pub(super) fn survey(bench: &Bench<'_>) -> Result<Table, Error> {
    let versions = bench.options.versions / 2 * 2;
    println!("\nSurveying {versions} versions on the range …");
    let (mut ours, mut single) = (Row::new("photos.survey"), Row::new("a single lister (AWS SDK)"));
    let mut peers = bench.peers(&[Peer::S5cmd]);
    for _ in bench.rounds() {
        let run = |row: &mut Row, of: &dyn Fn(&Stage) -> Result<Taken, Error>| {
            let mut stage = Stage::start(bench, "overwritten", versions / 2, 0)?;
            let taken = of(&stage)?;
            row.push(stage.seen(taken)?);
            Ok::<_, Error>(())
        };
        run(&mut ours, &|stage| bench.app(&stage.endpoint, "photos.survey", &stage.at, versions))?;
        run(&mut single, &|stage| example(bench.example(["list", &stage.endpoint]), versions))?;
        for (peer, row) in &mut peers {
            run(row, &|stage| peer.list(bench, &stage.endpoint, versions))?;
        }
    }
    let many = versions * 3;
    println!("Surveying {many} versions once …");
    let mut large = Row::new(format!("photos.survey of {many}"));
    let mut stage = Stage::start(bench, "overwritten", many / 2, 0)?;
    let taken = bench.app(&stage.endpoint, "photos.survey", &stage.at, many)?;
    large.push(stage.seen(taken)?);

    let mut table = Table::new(format!("{versions} versions surveyed, 40 ms a page"), "versions/s");
    let faster = ours.beside(&single);
    table.goal(format!("at least 8 times a single lister: {faster:.1}"), faster >= 8.0);
    for row in [&ours, &large] {
        let (megabytes, well) = (row.peak() as f64 / 1e6, row.rate() > 0.0);
        let goal = format!("under {} MB: {megabytes:.0} MB", MEMORY / 1_000_000);
        table.goal(goal, well && row.peak() < MEMORY);
    }
    beside(&mut table, &ours, peers, &[]);
    table.row(single);
    table.row(ours);
    table.row(large);
    Ok(table)
}
