//! A runbook full of hostile markdown shows as text, and loads nothing.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;

use serde_json::json;

use crate::support::desktop::{Desktop, LAPTOP};
use crate::support::practice::Practice;

use super::follow::{OPERATOR, look, shown, until};

/// Every place of a runbook that is shown, with something in it that a browser would act on. `URL` is a server that
/// nobody may ask anything.
const RUNBOOK: &str = r#"---
runbook: hostile
title: "<img src=URL/title onerror=hacked=1> Hostile <script>hacked=1</script>"
version: "<b>1</b>"
owner: "<svg onload=hacked=1>"
reviewed: 2026-11-01
systems: ["<i>photos</i>"]
objectives: { rto: 24h, rpo: 4h }
csf: [RC.RP-01]
parameters:
  words:
    type: text
    prompt: "<img src=URL/prompt onerror=hacked=1>"
    help: "<iframe src=URL/help></iframe>"
    default: "<script>hacked=1</script>"
---
# Hostile

## `<img src=URL/phase onerror=hacked=1>`

### First `<script>hacked=1</script>`

[click](javascript:hacked=1) [data link](data:text/html,<script>hacked=1</script>) [vb](vbscript:hacked)
[elsewhere](URL/link "<img src=URL/tooltip>") `<img src=URL/code onerror=hacked=1>` ${words} \<b>escaped\</b>

- [ ] `<img src=URL/check onerror=hacked=1>`

```yaml step
id: first
expect: "<img src=URL/expect onerror=hacked=1>"
estimate: 1m
record: text
```

### Second

```html
<img src=URL/block onerror=hacked=1>
```

```yaml step
id: second
communicate:
  audience: "<img src=URL/audience onerror=hacked=1>"
  message: "<script>hacked=1</script> ${words} <img src=URL/message onerror=hacked=1>"
```
"#;

/// What has no place in a runbook: it can't be started, and is not rendered either.
const REFUSED: &str = r#"---
runbook: refused
title: Refused
---
# Refused

### Only step

<script src=URL/script.js></script>
<style>@import url(URL/style.css); * { background: url(URL/background) }</style>
<iframe src="URL/frame" srcdoc="<script>parent.hacked=1</script>"></iframe>
<object data=URL/object></object> <embed src=URL/embed> <video src=URL/video autoplay></video>
<link rel=stylesheet href=URL/link.css> <meta http-equiv=refresh content="0;url=URL/refresh"> <base href=URL/>
<form action=URL/form><input autofocus onfocus=hacked=1></form> <svg onload=hacked=1></svg>

![a picture](URL/picture.png) ![data](data:image/svg+xml,<svg/onload=hacked=1>) <javascript:hacked=1>
"#;

/// Elements that would load or run something, and attributes that would.
const ACTIVE: &str = "return [...document.querySelectorAll('body *')].filter((e) =>
    e.matches('img, iframe, object, embed, video, audio, link, meta, base, style, script:not([src^=\"/assets/\"])')
    || [...e.attributes].some(({ name, value }) => name.startsWith('on') || /^(javascript|data|vbscript):/i.test(value))
).map((e) => e.outerHTML)";

async fn nothing_happened(desktop: &Desktop, server: &TcpListener, place: &str) {
    desktop.painted().await;
    assert_eq!(desktop.script(ACTIVE, vec![]).await, json!([]), "{place}");
    assert_eq!(desktop.script("return typeof hacked", vec![]).await, json!("undefined"), "{place}");
    let asked = server.accept();
    assert!(asked.as_ref().is_err_and(|why| why.kind() == ErrorKind::WouldBlock), "{place}: {asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_markdown_shows_as_text_and_loads_nothing() {
    let home = tempfile::tempdir().unwrap();
    let _practice = Practice::start(home.path());
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    fs::create_dir(home.path().join("runbooks")).unwrap();
    fs::write(home.path().join("runbooks/hostile.md"), RUNBOOK.replace("URL", &url)).unwrap();
    fs::write(home.path().join("runbooks/refused.md"), REFUSED.replace("URL", &url)).unwrap();

    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    desktop.reads("Hostile <script>hacked=1</script>").await;
    desktop.reads("HTML is not allowed in a runbook").await;
    desktop.reads("an image from elsewhere is not allowed").await;
    nothing_happened(&desktop, &server, "the library").await;
    assert_eq!(desktop.axe().await, []);

    desktop.click("[data-testid=start-hostile]").await;
    desktop.fill("[data-testid=operator]", OPERATOR).await;
    desktop.click("[data-testid=mode-exercise]").await;
    desktop.reads(&format!("<iframe src={url}/help></iframe>")).await;
    nothing_happened(&desktop, &server, "the start form").await;
    desktop.click("[data-testid=start-submit]").await;

    until(&desktop, "the first step", |shown| shown.step == "first").await;
    desktop.reads("First <script>hacked=1</script>").await;
    desktop.reads(&format!("<img src={url}/code onerror=hacked=1>")).await;
    desktop.reads(&format!("<img src={url}/expect onerror=hacked=1>")).await;
    nothing_happened(&desktop, &server, "a step").await;
    look(&desktop, "hostile").await;

    // A link shows its address and goes nowhere by itself.
    desktop.press("elsewhere").await;
    desktop.reads(&format!("{url}/link")).await;
    nothing_happened(&desktop, &server, "a link that was clicked").await;
    desktop.press("Close").await;

    desktop.click("[data-testid=check-0]").await;
    desktop.fill("[data-testid=record]", "<img src=x onerror=hacked=1>").await;
    desktop.click("[data-testid=move-complete]:not([disabled])").await;
    until(&desktop, "the second step", |shown| shown.step == "second").await;
    desktop.reads("<img src=x onerror=hacked=1>").await;
    desktop
        .reads(&format!("<script>hacked=1</script> <script>hacked=1</script> <img src={url}/message"))
        .await;
    nothing_happened(&desktop, &server, "a message, and the timeline").await;
    assert!(shown(&desktop).await.is_some());
}
