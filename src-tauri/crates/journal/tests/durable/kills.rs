//! Killed, or without power, at every call that writes.

use crate::clerk::{self, Kept};
use crate::disk::{self, Fault};

/// Kills the clerk at its first call, its second and so on until it comes to the end of its day.
fn at_every_call(how: &'static str) {
    for at in 0.. {
        let folder = disk::folder();
        let ended = clerk::at_work(folder.path(), Fault { how, at, times: 1 });
        let case = format!("{how} call {at}");
        clerk::check(folder.path(), &Kept::default(), &ended, &case);
        if !ended.killed {
            assert!(ended.all() && at > 100, "{case}: {ended:?}");
            return;
        }
    }
}

#[test]
fn a_process_that_is_killed_before_any_call_loses_nothing_it_acknowledged() {
    at_every_call("before");
}

#[test]
fn a_process_that_is_killed_in_the_middle_of_any_write_loses_nothing_it_acknowledged() {
    at_every_call("torn");
}

#[test]
fn a_machine_that_loses_power_before_any_call_loses_nothing_it_acknowledged() {
    at_every_call("power");
}
