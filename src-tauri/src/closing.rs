//! A window that a person closes goes out of sight at once and is taken down a moment later. Its page notices that
//! nobody sees it any more, and says to the line what was typed last and is not kept yet, such as the end of a note.

use std::time::Duration;

use tauri::{Window, WindowEvent};

/// So long the page has for that.
const MOMENT: Duration = Duration::from_millis(400);

/// Gives the page its moment when the window is about to close.
pub(crate) fn hold(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let closing = window.clone();
    let take_down = move || {
        std::thread::sleep(MOMENT);
        // One that is gone already cannot be taken down.
        let _ = closing.destroy();
    };
    // Without the thread nothing would close it: then it is not held.
    if std::thread::Builder::new().name("close-window".to_owned()).spawn(take_down).is_ok() {
        api.prevent_close();
        let _ = window.hide();
    }
}
