//! The limit against a simulated server, in simulated time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::*;

/// A server: seconds for everything.
#[derive(Clone, Copy)]
struct Server {
    latency: f64,
    /// Requests a second that aren't turned away, and how many may come at once.
    rate: f64,
    burst: f64,
    /// Requests a second that its processors can do: more wait for each other.
    speed: f64,
    /// Between these moments no request is answered.
    away: (f64, f64),
    /// How long it takes until a request that isn't answered is given up.
    timeout: f64,
    /// One in so many is turned away whatever the rate.
    moody: u64,
    /// For so long, twice a second, the laptop is busy with something else, and answers wait.
    stalls: f64,
}

const S3: Server = Server {
    latency: 0.04,
    rate: 3500.0,
    burst: 35.0,
    speed: 1e9,
    away: (0.0, 0.0),
    timeout: 2.0,
    moody: u64::MAX,
    stalls: 0.0,
};

#[derive(Debug, Default)]
struct Run {
    seconds: f64,
    requests: u64,
    throttled: u64,
    lost: u64,
    /// The windows at every 100th answer.
    windows: Vec<usize>,
}

impl Run {
    fn rate(&self, items: u64) -> f64 {
        items as f64 / self.seconds
    }

    fn share(&self) -> f64 {
        self.throttled as f64 / self.requests as f64
    }

    /// The windows once it has settled.
    fn settled(&self) -> (usize, usize) {
        let last = &self.windows[self.windows.len() / 2..];
        (*last.iter().min().unwrap(), *last.iter().max().unwrap())
    }
}

/// Gets `items` requests taken by `server`, which may change: `at` a moment it becomes another.
fn run(limit: &mut Limit, items: u64, mut server: Server, mut later: Option<(f64, Server)>) -> Run {
    let (mut run, mut now, mut left, mut under_way) = (Run::default(), 0.0, items, 0u64);
    let (mut tokens, mut filled, mut busy) = (server.burst, 0.0, 0.0f64);
    let mut answers: BinaryHeap<Reverse<(u64, u64, u64, u8)>> = BinaryHeap::new();
    let nanos = |seconds: f64| (seconds * 1e9) as u64;
    while left > 0 || under_way > 0 {
        let at = |now: f64| Duration::from_nanos(nanos(now));
        while left > 0 {
            match limit.room(at(now)) {
                Room::Free => limit.begin(at(now)),
                Room::At(moment) => {
                    answers.push(Reverse((moment.as_nanos() as u64, 0, 0, 3)));
                    break;
                }
                Room::Full => break,
            }
            (left, under_way, run.requests) = (left - 1, under_way + 1, run.requests + 1);
            if let Some((at, other)) = later
                && now >= at
            {
                (server, later) = (other, None);
            }
            // A few in a hundred more or less, in no order.
            let jitter = 1.0 + (run.requests.wrapping_mul(2_654_435_761) % 1000) as f64 / 10_000.0;
            let latency = server.latency * jitter;
            tokens = (tokens + (now - filled) * server.rate).min(server.burst);
            filled = now;
            let away = now >= server.away.0 && now < server.away.1;
            let (took, answer) = if away {
                (server.timeout, 2)
            } else if tokens < 1.0 || run.requests.is_multiple_of(server.moody) {
                (latency, 1)
            } else {
                tokens -= 1.0;
                busy = busy.max(now) + 1.0 / server.speed;
                (busy - now + latency, 0)
            };
            let (mut at, stalled) = (now + took, (now + took) % 0.5);
            if stalled < server.stalls {
                at += server.stalls - stalled;
            }
            answers.push(Reverse((nanos(at), run.requests, nanos(now), answer)));
        }
        let Reverse((at, _, began, answer)) = answers.pop().unwrap();
        now = at as f64 / 1e9;
        if answer == 3 {
            continue;
        }
        under_way -= 1;
        let answer = [Answer::Taken, Answer::Throttled, Answer::Lost][usize::from(answer)];
        limit.end(Duration::from_nanos(at - began), answer);
        left += u64::from(answer != Answer::Taken);
        run.throttled += u64::from(answer == Answer::Throttled);
        run.lost += u64::from(answer == Answer::Lost);
        if run.requests.is_multiple_of(100) {
            run.windows.push(limit.window());
        }
    }
    run.seconds = now;
    run
}

fn fresh() -> Limit {
    Limit::new(None, 3500.0)
}

#[test]
fn at_s3s_own_limit_it_settles_just_below() {
    for items in [10_000, 30_000, 100_000] {
        for burst in [35.0, 350.0, 3500.0] {
            let run = run(&mut fresh(), items, Server { burst, ..S3 }, None);
            let (rate, share) = (run.rate(items), run.share());
            assert!(rate >= 0.9 * 3500.0, "{items} {burst}: {rate} a second {:?}", run.windows);
            assert!(share < 0.01, "{items} {burst}: {share} turned away {:?}", run.windows);
        }
    }
}

#[test]
fn it_does_not_swing() {
    for latency in [0.01, 0.04, 0.1] {
        let run = run(&mut fresh(), 200_000, Server { latency, ..S3 }, None);
        let (low, high) = run.settled();
        assert!(low as f64 >= 0.85 * high as f64, "{latency}: {low} to {high}");
    }
}

/// S3 splits a busy prefix, and then bears twice as much; and another writer may take half of it away.
#[test]
fn it_follows_a_limit_that_changes() {
    let other = |rate| Some((10.0, Server { rate, ..S3 }));
    let up = run(&mut fresh(), 200_000, S3, other(10_000.0));
    assert!(up.rate(200_000) > 4500.0, "{} a second {:?}", up.rate(200_000), up.windows);
    let down = run(&mut fresh(), 60_000, S3, other(500.0));
    assert!(down.share() < 0.02, "{} turned away", down.share());
    assert!(down.seconds < 10.0 + 30_000.0 / 450.0, "{} s {:?}", down.seconds, &down.windows[345..]);
}

#[test]
fn it_comes_back_after_an_outage() {
    let server = Server { away: (5.0, 15.0), ..S3 };
    let run = run(&mut fresh(), 50_000, server, None);
    assert!(run.seconds < 5.0 + 10.0 + 2.0 + 40_000.0 / 3500.0, "{} s {:?}", run.seconds, run.windows);
    assert!(run.lost < 200, "{} lost {:?}", run.lost, run.windows);
}

#[test]
fn it_does_not_crowd_a_server_that_is_busy() {
    let server = Server { latency: 0.001, rate: 1e9, burst: 1e9, speed: 1000.0, ..S3 };
    let run = run(&mut fresh(), 20_000, server, None);
    assert!(run.rate(20_000) > 950.0, "{}", run.rate(20_000));
    assert!(run.settled().1 < 64, "{:?}", run.windows);
}

/// A share of refusals that no slowness helps against costs that share, not the speed.
#[test]
fn refusals_that_have_nothing_to_do_with_the_pace_do_not_stop_it() {
    for (moody, least) in [(1000, 3000.0), (100, 1500.0), (20, 700.0)] {
        let run = run(&mut fresh(), 100_000, Server { moody, ..S3 }, None);
        assert!(run.rate(100_000) > least, "1 in {moody}: {} a second {:?}", run.rate(100_000), run.windows);
    }
}

#[test]
fn slow_places_and_small_limits_are_respected() {
    let run5 = run(&mut Limit::new(Some(5), 3500.0), 1000, S3, None);
    assert!(run5.windows.iter().all(|window| *window <= 5));
    let one = run(&mut fresh(), 500, Server { rate: 20.0, burst: 5.0, ..S3 }, None);
    assert!(one.seconds < 500.0 / 20.0 * 1.3, "{} s", one.seconds);
    assert!(one.windows.iter().all(|window| *window >= 1));
}

/// Removals: 1,000 entries a request, of which S3 bears 3.5 a second.
#[test]
fn few_large_requests_are_paced_as_well() {
    let server = Server { latency: 0.3, rate: 3.5, burst: 3.5, ..S3 };
    let run = run(&mut Limit::new(None, 3.5), 200, server, None);
    assert!(run.seconds < 200.0 / 3.5 * 1.2, "{} s {:?}", run.seconds, run.windows);
    let fast = Server { latency: 0.1, rate: 1e9, burst: 1e9, speed: 100.0, ..S3 };
    let run = super::tests::run(&mut Limit::new(None, 3.5), 200, fast, None);
    assert!(run.seconds < 4.0, "{} s {:?}", run.seconds, run.windows);
}

#[test]
fn a_laptop_that_is_busy_does_not_take_its_own_slowness_for_the_servers() {
    for (stalls, burst, least) in [(0.01, 35.0, 0.9), (0.03, 35.0, 0.85), (0.03, 3500.0, 0.85)] {
        let run = run(&mut fresh(), 100_000, Server { stalls, burst, ..S3 }, None);
        let (rate, share) = (run.rate(100_000), run.share());
        assert!(rate >= least * 3500.0, "{stalls} {burst}: {rate} a second {:?}", run.windows);
        assert!(share < 0.01, "{stalls}: {share}");
    }
}

/// A server that turns away all that is under way is there: it needs less, not silence.
#[test]
fn only_silence_is_taken_for_an_outage() {
    let after = |answer| {
        let mut limit = fresh();
        (0..16).for_each(|_| limit.begin(Duration::ZERO));
        (0..16).for_each(|_| limit.end(Duration::from_millis(40), answer));
        limit.window()
    };
    assert_eq!((after(Answer::Throttled), after(Answer::Lost)), (4, 1));
}
