//! Runs a range until interrupted: `cargo run -p range --example serve -- [SCENARIO] [PORT]`.

use range::{Range, RangeOptions, Scenario};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let scenario = args.next().map(|name| Scenario::load(&name)).transpose()?;
    let port = args.next().map(|port| port.parse()).transpose()?.unwrap_or(0);
    let range = Range::start(RangeOptions { port, scenario, ..RangeOptions::default() })?;
    println!("{}", serde_json::to_string(range.ready())?);
    loop {
        std::thread::park();
    }
}
