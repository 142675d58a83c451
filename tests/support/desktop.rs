//! The real window: `lifeboat-desktop` on a display of its own, driven through WebDriver.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{Capabilities, TypingData};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep};

use super::process::{Running, free_port, scrub, wait_until};
use super::session::Session;
use super::{close, paths};

/// The size of most windows.
pub(crate) const LAPTOP: (u32, u32) = (1280, 800);
/// The other size that screens are looked at in.
pub(crate) const MONITOR: (u32, u32) = (1920, 1080);

/// How long helpers look for something before they give up.
const PATIENCE: Duration = Duration::from_secs(20);

/// One window at a time: two cores don't draw several in the time that tests allow.
static TURN: Mutex<()> = Mutex::const_new(());

/// An open window. Everything that was started for it is killed when this is dropped.
pub(crate) struct Desktop {
    /// The whole of WebDriver, for what the helpers below don't do.
    pub(crate) driver: WebDriver,
    application: PathBuf,
    screen: String,
    // In the order in which they must go.
    session: Session,
    _tauri_driver: Running,
    _display: Running,
    _turn: MutexGuard<'static, ()>,
}

/// What axe-core found wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Violation {
    /// The rule, such as `color-contrast`.
    pub(crate) id: String,
    /// `serious` or `critical`.
    pub(crate) impact: String,
    /// What the rule asks for.
    pub(crate) help: String,
    /// The elements, as selectors.
    pub(crate) elements: Vec<String>,
}

impl Desktop {
    /// Opens the window with `args`, in a data directory of its own, and returns when there is a page in it.
    ///
    /// What the window keeps outside of `LIFEBOAT_HOME` is kept in `home` too, so that another `open` on the same
    /// `home` finds it again. Windows take turns: open no second one before the first is dropped.
    pub(crate) async fn open(home: &Path, args: &[&str], size: (u32, u32)) -> Self {
        let turn = TURN.lock().await;
        let application = paths::program("lifeboat-desktop");
        let session = Session::start(&home.join(".session"));
        let (width, height) = size;
        let mut display = Running::start("Xvfb", |command| {
            command.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"]);
            command.args(["-screen", "0", &format!("{width}x{height}x24")]);
            command.stdout(Stdio::piped()).stderr(Stdio::null());
        });
        let screen = format!(":{}", display.first_line());
        let (port, native_port) = (free_port(), free_port());
        let log = File::create(home.join(".session/driver.log")).unwrap();
        let mut tauri_driver = Running::start(paths::tool("tools/bin/tauri-driver"), |command| {
            scrub(command);
            session.enter(command);
            command.args(["--port", &port.to_string(), "--native-port", &native_port.to_string()]);
            command.env("DISPLAY", &screen).env("GDK_BACKEND", "x11").env("LIFEBOAT_HOME", home);
            // Screenshots show the previous page without it.
            command.env("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1");
            command.stdout(log.try_clone().unwrap()).stderr(log);
        });
        tauri_driver.wait_for_port(port);
        tauri_driver.wait_for_port(native_port);

        let mut capabilities = Capabilities::new();
        capabilities.set("browserName", "wry").unwrap();
        capabilities.set("tauri:options", json!({ "application": application, "args": args })).unwrap();
        let driver =
            WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await.unwrap_or_else(|why| {
                let log = fs::read_to_string(home.join(".session/driver.log")).unwrap_or_default();
                panic!("failed to open the window: {why}\n--- what the programs printed\n{log}")
            });
        let desktop = Self {
            driver,
            application,
            screen,
            session,
            _tauri_driver: tauri_driver,
            _display: display,
            _turn: turn,
        };
        desktop.driver.set_window_rect(0, 0, width, height).await.unwrap();
        desktop.painted().await;
        desktop
    }

    /// Kills the application as `kill -9` does, and nothing else. Drop this, then open another on the same home.
    pub(crate) fn kill_app(&self) {
        let mark = self.session.mark();
        let killed = mark.kill(Some(&self.application));
        assert_eq!(killed, 1, "expected one {} to kill", self.application.display());
        wait_until("the application is gone", PATIENCE, || {
            mark.processes(Some(&self.application)).is_empty()
        });
    }

    /// Waits until what the page is now has been drawn.
    pub(crate) async fn painted(&self) {
        let frames =
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));";
        self.driver.execute_async(frames, Vec::new()).await.unwrap();
    }

    /// Writes what the window shows to `path`, as a PNG.
    pub(crate) async fn screenshot(&self, path: &Path) {
        self.painted().await;
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.driver.screenshot(path).await.unwrap();
    }

    /// What axe-core finds serious or critical in the page, once no colour is changing any more.
    pub(crate) async fn axe(&self) -> Vec<Violation> {
        let settled = "const done = arguments[0];
            const changing = document.getAnimations().filter((one) => one instanceof CSSTransition);
            Promise.allSettled(changing.map(({ finished }) => finished)).then(() => done());";
        self.driver.execute_async(settled, Vec::new()).await.unwrap();
        let axe = paths::root().join("ui/node_modules/axe-core/axe.min.js");
        let axe = fs::read_to_string(&axe)
            .unwrap_or_else(|why| panic!("{}: {why}; run `cargo xtask setup` first", axe.display()));
        self.driver.execute(axe, Vec::new()).await.unwrap();
        let run = "const done = arguments[0];
            axe.run(document, { resultTypes: ['violations'] }).then(
                ({ violations }) => done(violations
                    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                    .map(({ id, impact, help, nodes }) =>
                        ({ id, impact, help, elements: nodes.map(({ target }) => target.join(' ')) }))),
                (error) => done(String(error)));";
        let found = self.driver.execute_async(run, Vec::new()).await.unwrap();
        found.convert().unwrap_or_else(|_| panic!("axe-core failed: {}", found.json()))
    }

    /// The element that `css` selects, as soon as it is there and shown.
    pub(crate) async fn see(&self, css: &str) -> WebElement {
        self.see_within(css, PATIENCE).await
    }

    /// The same, for as long as `limit`.
    pub(crate) async fn see_within(&self, css: &str, limit: Duration) -> WebElement {
        let began = Instant::now();
        loop {
            for element in self.driver.find_all(By::Css(css)).await.unwrap() {
                // It may be replaced between the two questions.
                if element.is_displayed().await.unwrap_or(false) {
                    return element;
                }
            }
            self.go_on_looking(began, limit, &format!("an element {css}")).await;
        }
    }

    /// Clicks the element that `css` selects, as soon as it is there, shown and enabled.
    pub(crate) async fn click(&self, css: &str) {
        let began = Instant::now();
        loop {
            let element = self.see(css).await;
            if element.is_enabled().await.unwrap_or(false) && element.click().await.is_ok() {
                return;
            }
            self.go_on_looking(began, PATIENCE, &format!("{css} to be clickable")).await;
        }
    }

    /// Clicks the button or link with this accessible text, as soon as there is one.
    pub(crate) async fn press(&self, text: &str) {
        let began = Instant::now();
        let find = "const [text] = arguments;
            const named = (e) => (e.getAttribute('aria-label') ?? e.innerText).trim().replace(/\\s+/g, ' ');
            return [...document.querySelectorAll('button, a, [role=button], summary')]
                .find((e) => named(e).startsWith(text) && e.checkVisibility() && !e.disabled) ?? null;";
        loop {
            let found = self.driver.execute(find, vec![json!(text)]).await.unwrap();
            if let Ok(element) = found.element()
                && element.click().await.is_ok()
            {
                return;
            }
            self.go_on_looking(began, PATIENCE, &format!("a button \"{text}\"")).await;
        }
    }

    /// Replaces what is in the field that `css` selects.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses the option with this value in the list that `css` selects.
    pub(crate) async fn choose(&self, css: &str, value: &str) {
        let choose = "const [css, value] = arguments;
            const list = document.querySelector(css);
            list.value = value;
            list.dispatchEvent(new Event('change', { bubbles: true }));
            return list.value;";
        self.see(css).await;
        assert_eq!(self.script(choose, vec![json!(css), json!(value)]).await, json!(value), "{css}");
    }

    /// Types into whatever has the focus. WebKit's driver drops `"\n"`: send [`thirtyfour::Key::Enter`].
    pub(crate) async fn keys(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Everything that the page shows, as text.
    pub(crate) async fn text(&self) -> String {
        let text = self.driver.execute("return document.body.innerText", Vec::new()).await.unwrap();
        text.convert().unwrap()
    }

    /// Waits until the page shows `text`, for as long as `limit`.
    pub(crate) async fn reads_within(&self, text: &str, limit: Duration) {
        let began = Instant::now();
        while !self.text().await.contains(text) {
            self.go_on_looking(began, limit, &format!("the words \"{text}\"")).await;
        }
    }

    /// Waits until the page shows `text`.
    pub(crate) async fn reads(&self, text: &str) {
        self.reads_within(text, PATIENCE).await;
    }

    /// What a script returns; `arguments` are its `args`.
    pub(crate) async fn script(&self, script: &str, args: Vec<Value>) -> Value {
        self.driver.execute(script, args).await.unwrap().json().clone()
    }

    /// Waits a little, or panics with what is on the screen.
    async fn go_on_looking(&self, began: Instant, limit: Duration, what: &str) {
        if began.elapsed() < limit {
            sleep(Duration::from_millis(50)).await;
            return;
        }
        self.give_up(&format!("waited {limit:?} in vain for {what}")).await
    }

    /// Panics with what is on the screen.
    pub(crate) async fn give_up(&self, what: &str) -> ! {
        let picture = paths::target().join("screenshots/failed.png");
        self.screenshot(&picture).await;
        panic!("{what}; see {}. The page reads:\n{}", picture.display(), self.text().await);
    }

    /// Waits until the application has ended by itself.
    pub(crate) fn wait_for_end(&self) {
        let mark = self.session.mark();
        wait_until("the application ends", PATIENCE, || mark.processes(Some(&self.application)).is_empty());
    }

    /// Asks the window to close, as its close button does.
    pub(crate) fn ask_to_close(&self) {
        close::ask(&self.screen, "Lifeboat");
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // Its own way of closing would wait for programs that are about to be killed.
        let _ = self.driver.clone().leak();
    }
}
