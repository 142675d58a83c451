//! The window opens, can be read by everyone, loads nothing from elsewhere, and opens again after it was killed.

use std::io::ErrorKind;
use std::net::TcpListener;

use serde_json::json;

use crate::support::desktop::{Desktop, LAPTOP, MONITOR};
use crate::support::paths;

const SIZE: &str = "return [innerWidth, innerHeight]";

#[tokio::test]
async fn it_opens_and_opens_again_after_it_was_killed() {
    let home = tempfile::tempdir().unwrap();
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    assert_eq!(desktop.driver.title().await.unwrap(), "Lifeboat");
    assert_eq!(desktop.script(SIZE, vec![]).await, json!([1280, 800]));
    desktop.screenshot(&paths::target().join("screenshots/opening.png")).await;
    desktop.kill_app();
    drop(desktop);

    let again = Desktop::open(home.path(), &["--env", "practice"], MONITOR).await;
    assert_eq!(again.driver.title().await.unwrap(), "Lifeboat");
    assert_eq!(again.script(SIZE, vec![]).await, json!([1920, 1080]));
}

#[tokio::test]
async fn axe_finds_nothing_wrong_and_does_find_a_fault() {
    let home = tempfile::tempdir().unwrap();
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    assert_eq!(desktop.axe().await, []);
    desktop.script("document.body.insertAdjacentHTML('beforeend', '<button></button>')", vec![]).await;
    let found: Vec<_> = desktop.axe().await.into_iter().map(|violation| violation.id).collect();
    assert_eq!(found, ["button-name"]);
}

#[tokio::test]
async fn the_page_can_load_nothing_from_elsewhere() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", elsewhere.local_addr().unwrap());
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    let load = "const [url, done] = arguments;
        document.body.insertAdjacentHTML('beforeend', `<img src=${url}><iframe src=${url}></iframe>
            <object data=${url}></object><video src=${url}></video><link rel=stylesheet href=${url}>
            <style>@import url(${url}); @font-face { font-family: f; src: url(${url}) }</style>
            <p style='font-family: f; background: url(${url})'>text</p>`);
        const script = document.createElement('script');
        script.src = url;
        document.body.append(script);
        fetch(url).then(() => done('fetched'), () => setTimeout(() => done('refused'), 500));";
    let fetched = desktop.driver.execute_async(load, vec![json!(url)]).await.unwrap();
    assert_eq!(*fetched.json(), json!("refused"));
    let asked = elsewhere.accept();
    assert!(asked.as_ref().is_err_and(|why| why.kind() == ErrorKind::WouldBlock), "{asked:?}");
}
