//! The desktop shell: composes the line, the window and the messages between them. What is decided is decided in
//! `sightline-app`.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arrivals;
mod closing;
mod commands;
mod events;
mod frames;
mod labels;
mod models;
mod opening;
mod teaching;
mod training;
mod views;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use opening::{Opened, Opening};
use sightline_app::{WorkerTask, in_words, leave, run_worker};
use tauri::Manager;

/// Looks at every part and flags the bad ones.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Folder of the line; the user's own data folder unless said.
    #[arg(long)]
    line: Option<PathBuf>,
    /// Start learning at once when the line is set up and has no model.
    #[arg(long)]
    learn_if_needed: bool,
}

fn main() {
    let mut raw = std::env::args_os().skip(1);
    if let Some(task) = raw.next().and_then(|first| WorkerTask::asked_by(&first)) {
        let line = PathBuf::from(raw.next().unwrap_or_default());
        leave(run_worker(task, &line) as u8);
    }
    let ran = run(Arguments::parse());
    if let Err(error) = &ran {
        eprintln!("sightline: {}", in_words(error.as_ref()));
    }
    leave(u8::from(ran.is_err()))
}

fn run(arguments: Arguments) -> Result<()> {
    // What is asked for when the window has to close.
    let mut code = 0;
    let executable = std::env::current_exe().context("finding this executable")?;
    tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .on_window_event(closing::hold)
        .register_asynchronous_uri_scheme_protocol("frames", frames::answer)
        .invoke_handler(tauri::generate_handler![
            opening::open_again,
            commands::line_state,
            commands::choose_folder,
            commands::look_at_folder,
            commands::start_learning,
            commands::cancel_learning,
            commands::recent_parts,
            commands::check_line,
            arrivals::look_at_files,
            arrivals::set_arrivals,
            labels::gallery,
            teaching::teach,
            teaching::stop_teaching,
            labels::classes,
            labels::add_class,
            labels::change_class,
            labels::label_of,
            labels::set_label,
            labels::undo_label,
            labels::redo_label,
            labels::give_feedback,
            labels::propose_mask,
            labels::magic_wand,
            labels::refine_area,
            labels::grow_mask,
            training::training,
            training::start_retraining,
            training::label_saving,
            training::start_measuring,
            training::cancel_measuring,
            models::models,
            models::promote_model,
            models::roll_back,
            models::start_shadow,
            models::stop_shadow,
            models::shadow_report,
            models::export_model,
            models::import_model,
        ])
        .setup(move |app| {
            let folder = match arguments.line {
                Some(folder) => folder,
                None => app.path().app_data_dir().context("finding the data folder")?.join("line"),
            };
            let opening = Opening { folder, executable, learn_if_needed: arguments.learn_if_needed };
            app.manage(Opened::default());
            app.manage(opening.clone());
            opening.begin(app.handle())?;
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("opening the window")?
        .run(move |app, event| match event {
            tauri::RunEvent::ExitRequested { code: Some(asked), .. } => code = u8::from(asked != 0),
            tauri::RunEvent::Exit => {
                let opened = app.try_state::<Opened>();
                if let Some(desk) = opened.as_ref().and_then(|opened| opened.if_open()) {
                    desk.close();
                }
                // Nothing of ours follows.
                leave(code);
            }
            _ => {}
        });
    Ok(())
}
