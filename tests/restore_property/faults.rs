//! Random histories, restored through throttling, broken connections, lost answers, kills, and people who go on working.
//!
//! However it went, in the end the bucket is as it was at the restore point, nothing is gone that the method doesn't
//! remove, and whatever people wrote meanwhile is what is read.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io::{self, Cursor, Write};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;

use action::{Action, Context, Disk, Failure, Outcome, Source, Verdict};
use engine::Folder;
use jiff::Timestamp;
use proptest::prelude::*;
use range::{Conditions, Faults, Put, RACER, Range, RangeOptions, Snapshot, Store, Strike, Trick, VersionId};

use super::story::{Bucket, KEYS, PREFIX, START, Story, bucket, play, read, story};
use super::world::World;

/// What people write while photos are being brought back begins with this.
const LIVE: &[u8] = b"written meanwhile, ";

/// The requests that something happens to while photos are brought back: those that change the bucket.
const CHANGES: [&str; 3] = ["CopyObject", "DeleteObject", "DeleteObjects"];

/// What happens to them.
const TRICKS: [Trick; 7] = [
    Trick::SlowDown,
    Trick::InternalError,
    Trick::Reset,
    Trick::AnswerLost,
    Trick::SlowBody(5),
    Trick::TruncatedBody,
    Trick::Race,
];

/// One application of the plan.
#[derive(Debug, Clone)]
struct Round {
    seed: u64,
    /// Which of [`TRICKS`], and how many of [`CHANGES`] in a hundred they strike.
    strikes: Vec<(usize, u8)>,
    /// After how many of its turns it is killed.
    turns: usize,
    /// Whether what was not made durable survives all the same.
    all: bool,
    live: Vec<Live>,
}

/// What somebody does before a turn of an application.
#[derive(Debug, Clone)]
struct Live {
    turn: usize,
    key: usize,
    delete: bool,
}

#[derive(Debug, Clone)]
struct Trouble {
    /// Lots for the listing.
    seed: u64,
    in_flight: Option<u8>,
    excluded: Option<usize>,
    rounds: Vec<Round>,
    /// What people do during the last application, which nothing happens to.
    live: Vec<Live>,
}

fn lives() -> impl Strategy<Value = Vec<Live>> {
    let live = (0..40usize, 0..KEYS.len(), prop::bool::weighted(0.3));
    let live = live.prop_map(|(turn, key, delete)| Live { turn, key, delete });
    prop_oneof![2 => Just(Vec::new()), 3 => prop::collection::vec(live, 1..5)]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let strikes = prop::collection::vec((0..TRICKS.len(), 5..60u8), 0..4);
    let round = (any::<u64>(), strikes, 1..60usize, any::<bool>(), lives())
        .prop_map(|(seed, strikes, turns, all, live)| Round { seed, strikes, turns, all, live });
    let in_flight = prop_oneof![Just(None), (1..4u8).prop_map(Some)];
    let excluded = prop::option::weighted(0.3, 0..KEYS.len());
    (any::<u64>(), in_flight, excluded, prop::collection::vec(round, 0..4), lives()).prop_map(
        |(seed, in_flight, excluded, rounds, live)| Trouble { seed, in_flight, excluded, rounds, live },
    )
}

/// A machine on which only what was made durable survives a kill.
struct Machine {
    folder: Folder,
    earlier: Vec<u8>,
}

impl Disk for Machine {
    fn scratch(&self) -> io::Result<std::fs::File> {
        self.folder.scratch()
    }

    fn open(&self, path: &str) -> io::Result<Source> {
        self.folder.open(path)
    }

    fn earlier(&self) -> io::Result<Option<Source>> {
        let source = || Box::new(Cursor::new(self.earlier.clone())) as Source;
        Ok((!self.earlier.is_empty()).then(source))
    }
}

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    durable: usize,
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.durable = self.bytes.len();
        Ok(())
    }
}

/// What comes of `future`; `None` when it is killed, after so many turns. `before` is told of every turn.
async fn until<F: Future>(future: F, turns: usize, mut before: impl FnMut(usize)) -> Option<F::Output> {
    let (mut future, mut turn) = (pin!(future), 0);
    poll_fn(|cx| {
        before(turn);
        if turn == turns {
            return Poll::Ready(None);
        }
        turn += 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// People who go on working.
struct People<'a> {
    store: &'a Store,
    name: &'a str,
    before: &'a Bucket,
    /// What they wrote last under each key.
    wrote: BTreeMap<&'static str, VersionId>,
    times: usize,
}

impl People<'_> {
    fn work(&mut self, lives: &[Live], turn: usize) {
        for live in lives.iter().filter(|live| live.turn == turn) {
            let key = KEYS[live.key];
            // Who deletes what is deleted already asks for what is there, and can't be told from the damage.
            let there = |store: &Store| store.get(self.name, key, None).is_ok();
            let was_there = read(self.before.get(key)).is_some();
            let id = if live.delete {
                if !was_there || !there(self.store) {
                    continue;
                }
                self.store.delete(self.name, key, None, &Conditions::default()).unwrap().version.unwrap()
            } else {
                self.times += 1;
                let bytes = [LIVE, self.times.to_string().as_bytes()].concat().into();
                let put = Put { bytes, ..Put::default() };
                self.store.put(self.name, key, put, &Conditions::default()).unwrap().id
            };
            self.wrote.insert(key, id);
        }
    }
}

/// Applies a plan, with what earlier applications left; adds what this one leaves.
async fn apply(
    (action, plan): (&Action, &[u8]),
    world: &World,
    machine: &mut Machine,
    (turns, all): (usize, bool),
    before: impl FnMut(usize),
) -> Option<Result<Outcome, Failure>> {
    let mut kept = Kept::default();
    let outcome = {
        let cx = Context { disk: &*machine, ..world.cx() };
        let applying = action.apply(&cx, Box::new(Cursor::new(plan.to_vec())), &mut kept);
        until(applying, turns, before).await
    };
    let survives = if all { kept.bytes.len() } else { kept.durable };
    machine.earlier.extend_from_slice(&kept.bytes[..survives]);
    outcome
}

/// A plan, made while requests fail now and then: it may take several tries.
async fn plan(action: &Action, world: &World, range: &Range, seed: u64) -> Result<Vec<u8>, Failure> {
    let strike = |with| Strike { operation: "*".to_owned(), share: 0.02, with };
    let strikes = [Trick::SlowDown, Trick::Reset, Trick::TruncatedBody].map(strike).to_vec();
    range.set_faults(Faults { seed, strikes, ..Faults::default() });
    let mut body = Vec::new();
    let planned = match action.plan(&world.cx(), &mut body).await {
        Err(Failure::Port(_) | Failure::Paused(_)) => {
            range.set_faults(Faults::default());
            body.clear();
            action.plan(&world.cx(), &mut body).await
        }
        planned => planned,
    };
    range.set_faults(Faults::default());
    planned.map(|_| body)
}

/// The entries of a key as they are to be in the end, but for what was written meanwhile; `None` where only what is read
/// counts.
fn expected(id: &str, was: &[Snapshot], at: i64) -> Option<Vec<Snapshot>> {
    let newer = was.iter().take_while(|entry| entry.last_modified.as_second() > at).count();
    let (newer, older) = was.split_at(newer);
    match id {
        "photos.rewind" => {
            // What may be all that is left of a photo stays.
            let unversioned = newer.iter().any(|entry| entry.version.is_null());
            // Of one second, a listing tells which entry is current and not which is the oldest.
            let oldest = was.last().map(|entry| entry.last_modified);
            let rest = was.iter().skip(usize::from(was.len() > 1));
            let only_marker = older.is_empty()
                && rest.into_iter().any(|entry| Some(entry.last_modified) == oldest && entry.is_marker);
            Some(if unversioned || only_marker { was } else { older }.to_vec())
        }
        "photos.undelete" => {
            let hidden = older.first().is_some_and(|entry| !entry.is_marker)
                && newer.iter().all(|entry| entry.is_marker);
            Some(if hidden { older } else { was }.to_vec())
        }
        _ => None,
    }
}

fn same(a: &[&Snapshot], b: &[Snapshot]) -> bool {
    let alike = |(a, b): (&&Snapshot, &Snapshot)| Snapshot { is_latest: b.is_latest, ..(*a).clone() } == *b;
    a.len() == b.len() && a.iter().zip(b).all(alike)
}

async fn check(id: &str, story: Story, trouble: Trouble) {
    let clock = Arc::new(AtomicI64::new(START));
    let ticking = Arc::clone(&clock);
    let time = Arc::new(move || Timestamp::from_second(ticking.load(Ordering::Relaxed)).unwrap());
    let range = Range::start(RangeOptions { clock: time, ..RangeOptions::default() }).unwrap();
    let seconds = play(&range, &clock, &story);
    let (&at, truth) = seconds.iter().nth(story.at.index(seconds.len())).unwrap();
    let world = World::on(&range, story.page.max(4), clock.load(Ordering::Relaxed)).await;
    let before = bucket(range.store());
    let name = &range.ready().bucket[..];
    let prefix = if story.whole_bucket { "" } else { PREFIX };
    let out = trouble.excluded.map(|key| KEYS[key]);

    let mut params: BTreeMap<String, String> =
        [("bucket", name), ("prefix", prefix), ("at", &Timestamp::from_second(at).unwrap().to_string())]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let hides = story.hide_extra && id == "photos.restore";
    if hides {
        params.insert("extra".to_owned(), "delete".to_owned());
    }
    if let Some(most) = trouble.in_flight {
        params.insert("max_in_flight".to_owned(), most.to_string());
    }
    if let Some(out) = out {
        params.insert("exclude".to_owned(), out.to_owned());
    }
    let action = Action::from_params(id, &params).unwrap();
    let plan = match plan(&action, &world, &range, trouble.seed).await {
        // Nothing is as old as the restore point, or nothing is there at all.
        Err(Failure::Refused { .. }) => return assert_eq!(before, bucket(range.store())),
        planned => planned.unwrap(),
    };
    assert_eq!(before, bucket(range.store()), "planning only reads");

    let mut people = People { store: range.store(), name, before: &before, wrote: BTreeMap::new(), times: 0 };
    let mut machine = Machine { folder: Folder::new(&std::env::temp_dir()), earlier: Vec::new() };
    for round in &trouble.rounds {
        let strike = |operation: &str, (trick, percent): &(usize, u8)| {
            let (operation, share) = (operation.to_owned(), f64::from(*percent) / 100.0);
            Strike { operation, share, with: TRICKS[*trick] }
        };
        let strikes = CHANGES.iter().flat_map(|of| round.strikes.iter().map(|s| strike(of, s))).collect();
        range.set_faults(Faults { seed: round.seed, strikes, ..Faults::default() });
        let work = |turn| people.work(&round.live, turn);
        let came = apply((&action, &plan), &world, &mut machine, (round.turns, round.all), work).await;
        assert!(!matches!(came, Some(Err(Failure::Refused { .. } | Failure::Plan { .. }))), "{came:?}");
    }
    range.set_faults(Faults::default());
    let work = |turn| people.work(&trouble.live, turn);
    let outcome = apply((&action, &plan), &world, &mut machine, (usize::MAX, true), work).await;
    let outcome = outcome.unwrap().unwrap();
    assert_eq!(outcome.outputs["failed"], "0", "{outcome:?}");

    let after = bucket(range.store());
    let races = range.counts().races;
    let mut raced = 0;
    for key in KEYS {
        let of = |bucket: &Bucket| bucket.get(key).cloned().unwrap_or_default();
        let (was, is, then) = (of(&before), of(&after), truth.get(key));
        let live = |entry: &Snapshot| {
            let racer = entry.bytes.starts_with(RACER.as_bytes());
            racer || entry.bytes.starts_with(LIVE) || people.wrote.get(key) == Some(&entry.version)
        };
        raced += is.iter().filter(|entry| entry.bytes.starts_with(RACER.as_bytes())).count() as u64;
        if let Some(last) = people.wrote.get(key) {
            assert!(is.iter().any(|entry| entry.version == *last), "{key}: a live write is gone");
        }
        let touched = is.iter().any(live);
        if touched {
            assert!(live(&is[0]), "{key}: a live write is covered: {is:#?}");
        }
        // A marker that somebody wrote meanwhile and that somebody's write covers looks like any other.
        let is: Vec<_> = is.iter().filter(|entry| !live(entry)).collect();
        let kept = |e: &Snapshot| is.iter().any(|i| same(&[i], std::slice::from_ref(e)));
        if !key.starts_with(prefix) || out.is_some_and(|out| key.starts_with(out)) {
            assert!(was.iter().all(kept), "{key} is none of this restore's business");
            assert!(touched || is.len() == was.len(), "{key} is none of this restore's business");
            continue;
        }
        if let Some(expected) = expected(id, &was, at) {
            let mut is = is;
            is.retain(|e| was.iter().any(|w| w.version == e.version));
            assert!(same(&is, &expected), "{key}: {is:#?} and not {expected:#?}");
            continue;
        }
        assert!(was.iter().all(kept), "{key}: a version is gone");
        let survives = |e: &Snapshot| was.iter().any(|w| same(&[w], std::slice::from_ref(e)));
        if touched || then.and_then(|entries| entries.first()).is_some_and(|entry| !survives(entry)) {
            continue;
        }
        let now = read(after.get(key));
        match read(then) {
            Some(photo) => assert_eq!(now, Some(photo), "{key} was a photo"),
            None if hides => assert_eq!(now, None, "{key} was none"),
            None => assert_eq!(before.get(key), after.get(key), "{key} was none"),
        }
    }
    assert_eq!(raced, races, "somebody's write is gone");

    let blocked = String::from_utf8_lossy(&plan).contains("\"op\":\"blocked\"");
    let verified =
        action.verify(&world.cx(), Box::new(Cursor::new(plan.clone())), &mut Vec::new()).await.unwrap();
    if people.wrote.is_empty() && races == 0 && !blocked {
        assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
        assert_eq!(verified.verdict, Verdict::Passed, "{verified:?}");
    }
    let again = apply((&action, &plan), &world, &mut machine, (usize::MAX, true), |_| {}).await;
    assert_eq!(again.unwrap().unwrap().verdict, outcome.verdict);
    assert_eq!(after, bucket(range.store()), "applying again changes nothing");
}

fn hold(id: &str, story: Story, trouble: Trouble) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(check(id, story, trouble));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn copies_come_through_faults_kills_and_live_writes(story in story(), trouble in trouble()) {
        hold("photos.restore", story, trouble);
    }

    #[test]
    fn undeleting_comes_through_faults_kills_and_live_writes(story in story(), trouble in trouble()) {
        hold("photos.undelete", story, trouble);
    }

    #[test]
    fn rewinding_comes_through_faults_kills_and_live_writes(story in story(), trouble in trouble()) {
        hold("photos.rewind", story, trouble);
    }
}
