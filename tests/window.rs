//! x
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]
use sightline_tests::window::*;
use sightline_tests::*;
#[test]
fn explore() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for locale in ["C", "POSIX", "", "C.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8"] {
        let line = TestLine::set_up(14);
        runtime.block_on(async {
            let w = Window::open(&line.folder(), locale).await;
            w.find("setup-name").await;
            println!("{locale}: {} {} {}", w.ask("return navigator.language").await, w.ask("return document.documentElement.lang").await, w.text().await.len());
            let r = w.ask("try { return new Intl.NumberFormat().format(3.5) + new Date().toLocaleString() } catch (e) { return String(e) }").await;
            println!("{r}");
            w.close().await;
        });
    }
}
