//! Pages in a real browser, driven as the W3C's WebDriver has it. Where there is no chromium, or no axe-core, what is left
//! out says so: `.ci/run` installs both.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{HANG, wait};

/// A phone that is not the newest.
const WIDTH: u32 = 360;
const HEIGHT: u32 = 740;

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";

/// A browser with a profile of its own, as a phone has it.
pub(crate) struct Browser {
    driver: Child,
    at: SocketAddr,
    session: String,
    /// There is one at a time: several keep two cores from anything else.
    _alone: MutexGuard<'static, ()>,
    /// Where its profile is, until it is closed.
    _profile: tempfile::TempDir,
}

impl Browser {
    /// `None`, and why, where there is none.
    pub(crate) fn open() -> Option<Self> {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = driver else {
            println!("skipped: there is no chromedriver here");
            return None;
        };
        let lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let port: u16 = port.expect("chromedriver says where it listens");
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self {
            driver,
            at: SocketAddr::from(([127, 0, 0, 1], port)),
            session: String::new(),
            _alone: alone,
            _profile: profile,
        };
        let folder = format!("--user-data-dir={}", browser._profile.path().display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            // Nothing but this machine.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            &folder,
        ];
        let phone = json!({ "width": WIDTH, "height": HEIGHT, "pixelRatio": 2.0, "touch": true });
        let options = json!({ "args": arguments, "mobileEmulation": { "deviceMetrics": phone } });
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        let asked = json!({ "capabilities": { "alwaysMatch": wanted } });
        let answer = browser.ask("POST", "/session", &asked);
        match answer["sessionId"].as_str() {
            Some(session) => browser.session = session.to_owned(),
            None => {
                println!("skipped: no browser could be started: {answer}");
                return None;
            }
        }
        Some(browser)
    }

    /// One command; its value.
    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "GET" {
            String::new()
        } else {
            body.to_string()
        };
        let mut stream = TcpStream::connect(self.at).unwrap();
        stream.set_read_timeout(Some(HANG)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut stream = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if let Some(said) = line.strip_prefix("content-length:") {
                length = said.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut text = vec![0; length];
        stream.read_exact(&mut text).unwrap();
        let answer: Value = serde_json::from_slice(&text).unwrap();
        answer["value"].clone()
    }

    #[track_caller]
    pub(crate) fn command(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask("POST", &format!("/session/{}{path}", self.session), body);
        assert!(answer["error"].is_null(), "{path}: {answer}");
        answer
    }

    #[track_caller]
    pub(crate) fn go(&self, to: &str) {
        self.command("/url", &json!({ "url": to }));
    }

    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Value {
        self.command("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What the page says, as far as it can be seen.
    #[track_caller]
    pub(crate) fn text(&self) -> String {
        let text = self.run("return document.body.innerText");
        text.as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, words: &str) {
        let deadline = Instant::now() + HANG;
        loop {
            let text = self.text();
            if text.contains(words) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "`{words}` not on the page:\n{text}"
            );
            wait(Duration::from_millis(5));
        }
    }

    #[track_caller]
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) {
        self.command(
            "/goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        );
    }

    #[track_caller]
    pub(crate) fn press(&self, key: &str) {
        let strokes = [
            json!({ "type": "keyDown", "value": key }),
            json!({ "type": "keyUp", "value": key }),
        ];
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.command("/actions", &json!({ "actions": [keyboard] }));
    }

    /// By Tab alone, to the button that says so.
    #[track_caller]
    pub(crate) fn tab_to(&self, words: &str) {
        for _ in 0..20 {
            // The page itself is nowhere.
            let here = "const it = document.activeElement; return it === document.body ? '' : it.innerText";
            let here = self.run(here);
            if here.as_str().is_some_and(|here| here.contains(words)) {
                let outline =
                    self.run("return getComputedStyle(document.activeElement).outlineStyle");
                assert_eq!(outline, "solid", "where the keyboard is can be seen");
                return;
            }
            self.press(TAB);
        }
        panic!("no way by Tab to `{words}`: {}", self.text());
    }

    #[track_caller]
    fn theme(&self, name: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": name });
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [feature] }),
        );
    }

    /// In both themes: a picture to look at, nothing wider than the phone, and what axe-core finds.
    #[track_caller]
    pub(crate) fn examine(&self, name: &str) {
        for theme in ["light", "dark"] {
            self.theme(theme);
            let wide = self.run("return document.documentElement.scrollWidth");
            assert!(
                wide.as_u64().unwrap() <= u64::from(WIDTH),
                "{name} {theme}: {wide}"
            );
            self.picture(&format!("{name}-{theme}.png"));
            self.axe(&format!("{name} {theme}"));
        }
        self.theme("light");
    }

    pub(crate) fn picture(&self, name: &str) {
        let path = format!("/session/{}/screenshot", self.session);
        let picture = self.ask("GET", &path, &Value::Null);
        let folder = target().join("browser");
        fs::create_dir_all(&folder).unwrap();
        let picture = STANDARD.decode(picture.as_str().unwrap_or_default());
        fs::write(folder.join(name), picture.unwrap()).unwrap();
    }

    #[track_caller]
    pub(crate) fn axe(&self, what: &str) {
        let file = target().join("axe/node_modules/axe-core/axe.min.js");
        let Ok(axe) = fs::read_to_string(&file) else {
            println!("skipped: no axe-core at {}", file.display());
            return;
        };
        let script = format!(
            "const done = arguments[0]; {axe}; axe.run().then((found) => done(found.violations.map((one) => \
             [one.impact, one.id, one.nodes.map((node) => node.html).join(' | ')])), (why) => done([['critical', String(why), '']]))"
        );
        let body = json!({ "script": script, "args": [] });
        let found = self.command("/execute/async", &body);
        let serious: Vec<_> = found
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one[0] != "minor")
            .collect();
        assert!(serious.is_empty(), "{what}: {serious:#?}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A browser does not end with its driver. Where a test fails, it is no time to fail again.
        if let Ok(mut stream) = TcpStream::connect(self.at) {
            let session = &self.session;
            let close = format!("DELETE /session/{session} HTTP/1.1\r\nhost: localhost\r\n\r\n");
            let _ = stream.set_read_timeout(Some(HANG));
            let _ = stream.write_all(close.as_bytes());
            let _ = stream.read(&mut [0]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"))
}
