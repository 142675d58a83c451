//! What `cargo xtask bench photos` runs: the app's own actions on photos against a server, a stage to do it on, and
//! what there is to compare with. Each prints what it took as a line of JSON.

#![expect(
    clippy::result_large_err,
    reason = "an error says what failed, on what and what to do next; it is made once in a while, not in a loop"
)]

mod bare;
mod cost;
mod drive;
mod stage;

use std::env;
use std::process::ExitCode;

const USAGE: &str =
    "Usage: photos stage | run | seed | list | lost | copy | sdk …, as `cargo xtask bench photos` does";

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let Some((what, args)) = args.split_first() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let done = match what.as_str() {
        "stage" => stage::serve(args).map_err(|why| why.to_string()),
        "run" => drive::run(args).await.map_err(|why| why.to_string()),
        "seed" => bare::seed(args).await.map_err(|why| why.to_string()),
        "list" => bare::list(args).await.map_err(|why| why.to_string()),
        "lost" => bare::lost(args).await.map_err(|why| why.to_string()),
        "copy" => bare::copy(args).await.map_err(|why| why.to_string()),
        "sdk" => bare::sdk(args).await.map_err(|why| why.to_string()),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
