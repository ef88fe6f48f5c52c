//! The real window: the desktop program under WebKitWebDriver, asked in the words of a test.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::programs::{program, wait_until};

/// The longest that anything in the window is waited for; a learning run is the longest.
const PATIENCE: Duration = Duration::from_secs(500);

/// How long the pointer takes for each way.
const DRAGS_FOR: Duration = Duration::from_millis(100);

/// A window on a line.
pub struct Window {
    client: Client,
    driver: Child,
}

impl Window {
    /// Opens the window on a line's folder, under a locale. `home` takes what the window remembers.
    pub async fn open(line: &Path, home: &Path, locale: &str) -> Self {
        assert!(
            std::env::var_os("DISPLAY").is_some_and(|display| !display.is_empty()),
            "the window needs a display: run `cargo xtask test`, or put `xvfb-run -a dbus-run-session --` before cargo"
        );
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // Both would overrule LANG.
            .env_remove("LC_ALL")
            .env_remove("LC_CTYPE")
            .env("LANG", locale)
            // Language and appearance chosen in another window are not chosen in this one.
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver must be installed (package webkit2gtk-driver)");
        wait_until("the driver listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let options = json!({ "binary": program("sightline-desktop"), "args": ["--line", line] });
        let mut capabilities = Capabilities::new();
        capabilities.insert("webkitgtk:browserOptions".to_owned(), options);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("the window opens");
        Self { client, driver }
    }

    /// Waits for the element with a test id.
    pub async fn find(&self, id: &str) -> Element {
        let selector = format!("[data-testid=\"{id}\"]");
        let wait = self.client.wait().at_most(PATIENCE).every(Duration::from_millis(50));
        match wait.for_element(Locator::Css(&selector)).await {
            Ok(element) => element,
            Err(error) => panic!("{id} did not come ({error}); the window shows:\n{}", self.text().await),
        }
    }

    /// Whether an element is there now.
    pub async fn has(&self, id: &str) -> bool {
        self.client.find(Locator::Css(&format!("[data-testid=\"{id}\"]"))).await.is_ok()
    }

    /// Clicks once the element can be clicked.
    pub async fn click(&self, id: &str) {
        let started = Instant::now();
        while !self.find(id).await.is_enabled().await.unwrap() {
            assert!(started.elapsed() < PATIENCE, "{id} stays disabled; the window shows:\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.find(id).await.click().await.unwrap();
    }

    /// Clicks that of the elements with a test id whose attribute has this value.
    pub async fn choose(&self, id: &str, attribute: &str, value: &str) {
        self.find(id).await;
        let selector = format!("[data-testid=\"{id}\"][{attribute}=\"{value}\"]");
        self.client.find(Locator::Css(&selector)).await.unwrap().click().await.unwrap();
    }

    /// Draws with the pressed pointer from one place in the window to another, in its pixels.
    pub async fn drag(&self, from: [f64; 2], to: [f64; 2]) {
        let move_to = |[x, y]: [f64; 2]| PointerAction::MoveTo { duration: Some(DRAGS_FOR), x, y };
        let button = MOUSE_BUTTON_LEFT;
        let moves = [move_to(from), PointerAction::Down { button }, move_to(to), PointerAction::Up { button }];
        let mouse = moves.into_iter().fold(MouseActions::new("mouse".to_owned()), MouseActions::then);
        self.client.perform_actions(mouse).await.unwrap();
    }

    /// Presses a key where the focus is.
    pub async fn press(&self, value: char) {
        let stroke = [KeyAction::Down { value }, KeyAction::Up { value }];
        let keys = stroke.into_iter().fold(KeyActions::new("keys".to_owned()), KeyActions::then);
        self.client.perform_actions(keys).await.unwrap();
    }

    /// Types into a field after clearing it.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.find(id).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits until a script says true.
    pub async fn until(&self, script: &str) {
        let started = Instant::now();
        while self.ask(script).await != json!(true) {
            assert!(started.elapsed() < PATIENCE, "{script:?} stays untrue; the window shows:\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until an attribute of an element has a value.
    pub async fn wait_for(&self, id: &str, attribute: &str, expected: &str) {
        let started = Instant::now();
        loop {
            let found = self.find(id).await.attr(attribute).await.ok().flatten();
            if found.as_deref() == Some(expected) {
                return;
            }
            let text = self.text().await;
            assert!(
                started.elapsed() < PATIENCE,
                "{id} has {attribute}={found:?}, not {expected:?}; the window shows:\n{text}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everything that can be read in the window.
    pub async fn text(&self) -> String {
        self.ask("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// The value of a script.
    pub async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Gives the window's content a size.
    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// A picture of the window as PNG, once its own pictures are there.
    pub async fn picture(&self) -> Vec<u8> {
        self.until("return [...document.images].every((image) => image.complete && image.naturalWidth > 0)").await;
        // Transitions are over.
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.client.screenshot().await.unwrap()
    }

    /// Keeps a picture of the window in the build folder, for a person to look at.
    pub async fn save(&self, name: &str) {
        let programs = program("sightline");
        let folder = programs.parent().and_then(Path::parent).unwrap().join("window");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.picture().await).unwrap();
    }

    /// Closes the window and waits until its program has ended.
    pub async fn close(self) {
        let programs = children(self.driver.id());
        assert!(!programs.is_empty(), "the driver has no window");
        self.client.clone().close().await.unwrap();
        // The driver answers before the program has ended, and a driver that is killed meanwhile leaves it running.
        wait_until("the window's program ends", || programs.iter().all(|id| has_ended(*id)));
    }
}

/// Processes that a process has started and that run.
fn children(of: u32) -> Vec<u32> {
    let parent_is = |id: &u32| parent(*id) == Some(of);
    let names = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).filter(parent_is).collect()
}

/// The parent of a process; none when it has ended.
fn parent(id: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let told = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    if told("State:")?.starts_with('Z') {
        return None;
    }
    told("PPid:")?.parse().ok()
}

fn has_ended(id: u32) -> bool {
    parent(id).is_none()
}

impl Drop for Window {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind that has the line open.
        for id in children(self.driver.id()) {
            let _ = Command::new("kill").arg(id.to_string()).status();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
