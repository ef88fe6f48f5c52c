//! How well a search for what looks alike finds parts of the same kind.

use std::collections::BTreeMap;

/// Means over all queries. A query is a part whose kind has another part; it is never among its own finds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retrieval {
    /// Queries.
    pub queries: usize,
    /// Share of what was found that is of the query's kind.
    pub precision: f64,
    /// Found parts of the query's kind, as a share of those that could be found: all others of the kind, or as many as
    /// are looked at.
    pub recall: f64,
    /// The recall of finds drawn at random.
    pub recall_by_chance: f64,
}

/// Measures finds. `kinds[i]` is the kind of part `i`; `found[i]` are the parts that look most like it, without itself,
/// of which the first `count` are looked at.
///
/// None when the lengths differ, `count` is 0 or no kind has two parts.
pub fn retrieval(kinds: &[&str], found: &[Vec<usize>], count: usize) -> Option<Retrieval> {
    if kinds.len() != found.len() || count == 0 {
        return None;
    }
    let mut of_kind: BTreeMap<&str, usize> = BTreeMap::new();
    kinds.iter().for_each(|kind| *of_kind.entry(kind).or_default() += 1);
    let mut sums = Retrieval { queries: 0, precision: 0.0, recall: 0.0, recall_by_chance: 0.0 };
    for (kind, found) in kinds.iter().zip(found) {
        let others = of_kind.get(kind).map_or(0, |parts| parts - 1);
        if others == 0 {
            continue;
        }
        let looked_at = &found[..count.min(found.len())];
        let same = looked_at.iter().filter(|part| kinds.get(**part) == Some(kind)).count() as f64;
        let possible = others.min(count) as f64;
        let drawn = count.min(kinds.len() - 1) as f64;
        sums.queries += 1;
        sums.precision += same / looked_at.len().max(1) as f64;
        sums.recall += same / possible;
        sums.recall_by_chance += drawn * others as f64 / (kinds.len() - 1) as f64 / possible;
    }
    let mean = |sum: f64| sum / sums.queries as f64;
    (sums.queries > 0).then(|| Retrieval {
        queries: sums.queries,
        precision: mean(sums.precision),
        recall: mean(sums.recall),
        recall_by_chance: mean(sums.recall_by_chance),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_of_the_same_kind_are_counted_and_a_part_alone_asks_nothing() {
        let kinds = ["pit", "pit", "pit", "stain"];
        let found = [vec![1, 2, 3], vec![3, 2, 0], vec![3, 0, 1], vec![0, 1, 2]];
        let measured = retrieval(&kinds, &found, 2).unwrap();
        assert_eq!(measured.queries, 3);
        assert_eq!((measured.precision, measured.recall), (2.0 / 3.0, 2.0 / 3.0));
        // Two of three others, two of whom are pits: 4/3 expected of 2.
        assert!((measured.recall_by_chance - 2.0 / 3.0).abs() < 1e-12);
        let all = retrieval(&kinds, &found, 10).unwrap();
        assert_eq!((all.recall, all.recall_by_chance), (1.0, 1.0));
        assert!((all.precision - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_undefined_is_none() {
        assert_eq!(retrieval(&[], &[], 10), None);
        assert_eq!(retrieval(&["pit", "stain"], &[vec![1], vec![0]], 10), None);
        assert_eq!(retrieval(&["pit", "pit"], &[vec![1], vec![0]], 0), None);
        assert_eq!(retrieval(&["pit", "pit"], &[vec![1]], 10), None);
    }
}
