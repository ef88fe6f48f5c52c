//! Parts that a person may label next, in short.

use crate::parts::row_limit;
use crate::{Store, StoreError};

/// A judged part about which nobody has said anything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnlabelledPart {
    /// Number of its record.
    pub part: i64,
    /// Evidence against it.
    pub score: f64,
    /// The score beyond which its model rejected.
    pub reject_above: f64,
}

impl Store {
    /// The newest judged parts without a label, `limit` at most, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unlabelled(&self, limit: usize) -> Result<Vec<UnlabelledPart>, StoreError> {
        self.read("reading parts without a label", |question| {
            question
                .prepare_cached(
                    "SELECT parts.id, parts.score, parts.reject_above
                     FROM parts LEFT JOIN labels ON labels.part = parts.id
                     WHERE labels.state IS NULL AND parts.score IS NOT NULL AND parts.reject_above IS NOT NULL
                     ORDER BY parts.id DESC LIMIT ?1",
                )?
                .query_map([row_limit(limit)], |row| {
                    Ok(UnlabelledPart { part: row.get(0)?, score: row.get(1)?, reject_above: row.get(2)? })
                })?
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use sightline_core::{PartLabel, Tag, UnreadableReason, Verdict};

    use crate::testing::{judged, line, unreadable};

    #[test]
    fn judged_parts_without_a_label_come_newest_first() {
        let (_dir, store) = line();
        let parts = ["a", "b", "c", "d"].map(|name| judged(name, Verdict::Pass));
        for part in parts.iter().chain([&unreadable("e", UnreadableReason::Empty)]) {
            store.record(part, Some(2.5), None).unwrap();
        }
        let good = PartLabel { tag: Some(Tag::Good), ..PartLabel::default() };
        store.set_label(2, &good, "mei").unwrap();
        store.set_label(3, &good, "mei").unwrap();
        store.undo_label(3, "mei").unwrap();
        let found = store.unlabelled(10).unwrap();
        let told: Vec<_> = found.iter().map(|part| (part.part, part.score, part.reject_above)).collect();
        assert_eq!(told, [(4, 1.25, 2.5), (3, 1.25, 2.5), (1, 1.25, 2.5)]);
        assert_eq!(store.unlabelled(2).unwrap().len(), 2);
    }
}
