//! A record as a line of CSV. The columns and their words are read by other programs: never rename one.

use jiff::Zoned;
use sightline_core::{Record, UnreadableReason, Verdict};

/// The first line of each file.
pub(crate) const COLUMNS: [&str; 13] = [
    "time",
    "id",
    "part",
    "file",
    "verdict",
    "score",
    "limit",
    "p_value",
    "latency_ms",
    "model",
    "reason",
    "lot",
    "view",
];

/// How many columns a file has that was begun before names told of lot and view. It is continued as it is.
pub(crate) const COLUMNS_BEFORE: usize = 11;

/// Where the record's number stands.
pub(crate) const ID_COLUMN: usize = 1;

/// The fields of a record that was stored at `time`.
pub(crate) fn fields(record: &Record, time: &Zoned) -> [String; COLUMNS.len()] {
    let judged = &record.judged;
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    [
        time.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        record.id.to_string(),
        harmless(judged.arrival.part_id()),
        harmless(judged.arrival.key.relative_path.to_string_lossy().into_owned()),
        verdict_word(judged.verdict).to_owned(),
        number(judged.score),
        number(record.reject_above),
        number(judged.p_value),
        format!("{:.1}", judged.latency_millis),
        harmless(judged.model.clone().unwrap_or_default()),
        judged.reason.map_or("", reason_word).to_owned(),
        on_one_line(judged.arrival.name.lot.as_deref()),
        on_one_line(judged.arrival.name.view.as_deref()),
    ]
}

/// The last column must hold no line break: one tells a whole line from one that a crash cut short.
fn on_one_line(text: Option<&str>) -> String {
    harmless(text.unwrap_or_default().replace(['\n', '\r'], " "))
}

/// Spreadsheets run a cell that begins like a formula; a quote in front makes it text (OWASP, CSV injection).
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text
    }
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Review => "review",
        Verdict::Reject => "reject",
        Verdict::Unreadable => "unreadable",
    }
}

fn reason_word(reason: UnreadableReason) -> &'static str {
    match reason {
        UnreadableReason::Empty => "empty",
        UnreadableReason::NotAPicture => "not_a_picture",
        UnreadableReason::Damaged => "damaged",
        UnreadableReason::TooLarge => "too_large",
        UnreadableReason::Unsupported => "unsupported",
        UnreadableReason::FileError => "file_error",
        UnreadableReason::JudgeError => "judge_error",
        UnreadableReason::NotAligned => "not_aligned",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_formulas_become_text() {
        let check = |name: &str, expected: &str| assert_eq!(harmless(name.to_owned()), expected);
        check("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")");
        check("+1", "'+1");
        check("-1", "'-1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("\t=1", "'\t=1");
        check("part-1=2.png", "part-1=2.png");
        check("零件 1", "零件 1");
        check("", "");
    }
}
