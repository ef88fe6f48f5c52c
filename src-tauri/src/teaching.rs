//! What the window may ask about what labels would teach.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use sightline_app::{Desk, GalleryRow, StoreError};
use sightline_bridge::{ListedPart, LookingView, ReasonView, TeachingView};
use sightline_core::teaching::{AlikeGroup, Doubt, DoubtfulPart, Lesson, Why};
use tauri::State;
use tauri::ipc::Channel;

use crate::commands::{Answer, refused};
use crate::opening::Opened;
use crate::training::{beside, number};
use crate::views::gallery_item;

/// Parts to label next.
const QUEUE: usize = 40;
/// Parts that each of the other lists shows at most.
const MOST_LISTED: usize = 500;
/// What was looked at before takes no time: the window is told no more often than it can show.
const TOLD_EVERY: Duration = Duration::from_millis(100);

#[tauri::command]
pub(crate) async fn teach(opened: State<'_, Opened>, report: Channel<LookingView>) -> Answer<TeachingView> {
    let desk = opened.desk()?;
    beside(move || {
        let started = Instant::now();
        let mut told_at: Option<Instant> = None;
        let teaching = desk.teach(QUEUE, &mut |done, total| {
            if told_at.is_none_or(|at| at.elapsed() >= TOLD_EVERY) {
                told_at = Some(Instant::now());
                let left = total.saturating_sub(done) as f64 / done.max(1) as f64;
                let seconds_left = Some(started.elapsed().as_secs_f64() * left);
                // A window that is gone hears nothing, and says so by itself where it is only reloaded.
                let _ = report.send(LookingView { done: number(done), total: number(total), seconds_left });
            }
            ControlFlow::Continue(())
        });
        let teaching = teaching.map_err(refused)?;
        let next = teaching.queue.iter().map(|&Lesson { part, why }| (part, reason(why)));
        let check = teaching.doubtful.iter().map(|&DoubtfulPart { part, doubt, .. }| (part, doubt_of(doubt)));
        let listed = |parts: Vec<(i64, ReasonView)>| listed(&desk, parts).map_err(|error| refused(error.into()));
        Ok(TeachingView {
            model: teaching.model.clone(),
            next: listed(next.collect())?,
            check: listed(check.take(MOST_LISTED).collect())?,
            alike: listed(alike_parts(&teaching.alike))?,
            left_out: number(teaching.left_out),
        })
    })
    .await
}

#[tauri::command]
pub(crate) async fn stop_teaching(opened: State<'_, Opened>) -> Answer<()> {
    opened.desk()?.stop_teaching();
    Ok(())
}

/// Group by group; a group is shown as a whole or not at all.
fn alike_parts(groups: &[AlikeGroup]) -> Vec<(i64, ReasonView)> {
    let mut parts = Vec::new();
    for (at, AlikeGroup { parts: members, leaks }) in groups.iter().enumerate() {
        if parts.len() + members.len() > MOST_LISTED {
            break;
        }
        let why = ReasonView::Alike { group: number(at + 1), parts: number(members.len()), leaks: *leaks };
        parts.extend(members.iter().map(|part| (*part, why)));
    }
    parts
}

fn listed(desk: &Desk, parts: Vec<(i64, ReasonView)>) -> Result<Vec<ListedPart>, StoreError> {
    let numbers: Vec<i64> = parts.iter().map(|(part, _)| *part).collect();
    let rows = desk.store().gallery_parts(&numbers)?;
    let rows: HashMap<i64, &GalleryRow> = rows.iter().map(|row| (row.record.id, row)).collect();
    let shown = |(part, why)| Some(ListedPart { item: gallery_item(rows.get(&part)?), why });
    Ok(parts.into_iter().filter_map(shown).collect())
}

fn reason(why: Why) -> ReasonView {
    match why {
        Why::NearLimit => ReasonView::NearLimit,
        Why::BranchesDisagree => ReasonView::BranchesDisagree,
        Why::Novel => ReasonView::Novel,
        Why::Random => ReasonView::Random,
    }
}

fn doubt_of(doubt: Doubt) -> ReasonView {
    match doubt {
        Doubt::LooksDefective => ReasonView::LooksDefective,
        Doubt::LooksGood => ReasonView::LooksGood,
    }
}
