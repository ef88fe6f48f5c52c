//! Dividing good parts between learning, calibration and test: whole groups (burst, lot, position), never pictures,
//! so that the same physical part is never on two sides.

use std::collections::BTreeMap;

/// Assigns each item to one of `shares.len()` sides, keeping groups whole.
///
/// `groups[i]` names the group of item `i`. `shares` are the wished fractions. Groups are taken in the order of a
/// seeded hash of their names and each goes to the side that lacks most, so the same input gives the same split.
pub fn by_group(groups: &[String], shares: &[f64], seed: u64) -> Vec<usize> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (item, group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(item);
    }
    let mut order: Vec<(u64, &str)> = members.keys().map(|group| (mix(group, seed), *group)).collect();
    order.sort_unstable();
    let total: f64 = shares.iter().sum();
    let wanted: Vec<f64> = shares.iter().map(|share| share / total * groups.len() as f64).collect();
    let mut filled = vec![0.0; shares.len()];
    let mut sides = vec![0; groups.len()];
    for (_, group) in order {
        let lacking = |side: &usize| wanted[*side] - filled[*side];
        let side = (0..shares.len()).max_by(|a, b| lacking(a).total_cmp(&lacking(b))).unwrap_or(0);
        for &item in &members[group] {
            sides[item] = side;
        }
        filled[side] += members[group].len() as f64;
    }
    sides
}

/// FNV-1a of the name followed by SplitMix64: stable across platforms and versions, unlike the standard hasher.
pub(crate) fn mix(name: &str, seed: u64) -> u64 {
    let hashed = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    split_mix(hashed ^ seed)
}

/// One draw of SplitMix64 (Steele, Lea, Flood, 2014): neighbouring states give unrelated draws.
pub(crate) fn split_mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_whole_and_shares_are_met() {
        let groups: Vec<String> = (0..300).map(|i| format!("tile-{}", i / 3)).collect();
        let sides = by_group(&groups, &[0.6, 0.3, 0.1], 7);
        for chunk in sides.chunks(3) {
            assert!(chunk.iter().all(|side| side == &chunk[0]));
        }
        let count = |wanted: usize| sides.iter().filter(|&&side| side == wanted).count();
        assert_eq!((count(0), count(1), count(2)), (180, 90, 30));
    }

    #[test]
    fn the_seed_decides_and_nothing_else() {
        let groups: Vec<String> = (0..50).map(|i| i.to_string()).collect();
        assert_eq!(by_group(&groups, &[0.5, 0.5], 1), by_group(&groups, &[0.5, 0.5], 1));
        assert_ne!(by_group(&groups, &[0.5, 0.5], 1), by_group(&groups, &[0.5, 0.5], 2));
    }
}
