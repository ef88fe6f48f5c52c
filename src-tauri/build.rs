//! Embeds the window's files and the capability set.
fn main() {
    tauri_build::build();
}
