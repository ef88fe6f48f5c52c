//! Labelled defects pasted onto other good parts (copy-paste, arXiv 2012.07177): from a handful of labels to many
//! pictures, each with the defect at another place.

use rand::Rng;

use crate::Input;

/// Pixels around a defect whose brightness tells what was normal there.
const RING: usize = 4;

/// Pastes the marked pixels of a defective part somewhere onto a good one, as much brighter or darker there as they are at
/// home. Gives which pixels of the good part changed; none when the mark is empty or does not fit onto it.
///
/// `judged` tells which pixels may be touched; none means all. Both parts have as many channels.
pub fn paste_defect(
    onto: &mut Input,
    from: &Input,
    marked: &[bool],
    judged: Option<&[bool]>,
    rng: &mut impl Rng,
) -> Option<Vec<bool>> {
    let (top, left, height, width) = bounds(marked, from.width)?;
    let room = |whole: usize, part: usize| whole.checked_sub(part);
    let (down, right) = (room(onto.height, height)?, room(onto.width, width)?);
    let (to_row, to_column) = (rng.random_range(0..=down), rng.random_range(0..=right));
    let strength = rng.random_range(0.7..=1.0_f32);
    let cover = softened(marked, from, (top, left, height, width));
    let levels = |picture: &Input, (top, left): (usize, usize), marked: Option<&[bool]>| {
        level_around(picture, (top, left, height, width), marked)
    };
    let home = levels(from, (top, left), Some(marked));
    let there = levels(onto, (to_row, to_column), None);
    let (plane, home_plane) = (onto.height * onto.width, from.height * from.width);
    let mut changed = vec![false; plane];
    for row in 0..height {
        for column in 0..width {
            let cover = strength * cover[row * width + column];
            let pixel = (to_row + row) * onto.width + to_column + column;
            if cover == 0.0 || judged.is_some_and(|judged| !judged[pixel]) {
                continue;
            }
            let source = (top + row) * from.width + left + column;
            for channel in 0..onto.channels {
                let here = &mut onto.values[channel * plane + pixel];
                let pasted = from.values[channel * home_plane + source] - home[channel] + there[channel];
                *here = (*here + cover * (pasted - *here)).clamp(0.0, 1.0);
            }
            changed[pixel] |= marked[source];
        }
    }
    changed.contains(&true).then_some(changed)
}

/// Top, left, height and width of the marked pixels; none when nothing is marked.
fn bounds(marked: &[bool], width: usize) -> Option<(usize, usize, usize, usize)> {
    let hits = || marked.iter().enumerate().filter(|(_, marked)| **marked).map(|(i, _)| (i / width, i % width));
    let (top, bottom) = (hits().map(|(y, _)| y).min()?, hits().map(|(y, _)| y).max()?);
    let (left, right) = (hits().map(|(_, x)| x).min()?, hits().map(|(_, x)| x).max()?);
    Some((top, left, bottom - top + 1, right - left + 1))
}

/// How much of each pixel of the bounds is taken over: all of a marked one, some of those beside it.
fn softened(marked: &[bool], from: &Input, (top, left, height, width): (usize, usize, usize, usize)) -> Vec<f32> {
    let share = |row: usize, column: usize| {
        let rows = row.saturating_sub(1)..(row + 2).min(from.height);
        let (mut hits, mut seen) = (0.0, 0.0_f32);
        for y in rows {
            for x in column.saturating_sub(1)..(column + 2).min(from.width) {
                hits += f32::from(u8::from(marked[y * from.width + x]));
                seen += 1.0;
            }
        }
        if marked[row * from.width + column] { 1.0 } else { 0.5 * hits / seen }
    };
    (0..height * width).map(|i| share(top + i / width, left + i % width)).collect()
}

/// Mean of each channel around a rectangle: in a ring and, of the rectangle itself, where nothing is marked.
fn level_around(
    picture: &Input,
    (top, left, height, width): (usize, usize, usize, usize),
    marked: Option<&[bool]>,
) -> Vec<f32> {
    let rows = top.saturating_sub(RING)..(top + height + RING).min(picture.height);
    let columns = left.saturating_sub(RING)..(left + width + RING).min(picture.width);
    let taken: Vec<usize> = rows
        .flat_map(|y| columns.clone().map(move |x| y * picture.width + x))
        .filter(|&pixel| marked.is_none_or(|marked| !marked[pixel]))
        .collect();
    // A defect that fills the whole picture has nothing around it: its own level then stands for what is normal.
    let mean = |plane: &[f32]| match taken.is_empty() {
        true => plane.iter().sum::<f32>() / plane.len().max(1) as f32,
        false => taken.iter().map(|&pixel| plane[pixel]).sum::<f32>() / taken.len() as f32,
    };
    picture.planes().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn plain(side: usize, value: f32) -> Input {
        Input { channels: 1, height: side, width: side, values: vec![value; side * side] }
    }

    /// A part of brightness 0.8 with a spot that is 0.3 darker.
    fn spotted() -> (Input, Vec<bool>) {
        let mut part = plain(32, 0.8);
        let marked: Vec<bool> =
            (0..32 * 32).map(|i| (10..14).contains(&(i / 32)) && (20..25).contains(&(i % 32))).collect();
        part.values.iter_mut().zip(&marked).filter(|(_, marked)| **marked).for_each(|(value, _)| *value = 0.5);
        (part, marked)
    }

    #[test]
    fn a_dark_spot_is_as_much_darker_on_another_part() {
        let (part, marked) = spotted();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..20 {
            let mut onto = plain(48, 0.6);
            let changed = paste_defect(&mut onto, &part, &marked, None, &mut rng).unwrap();
            assert_eq!(changed.iter().filter(|&&c| c).count(), 20);
            for (value, changed) in onto.values.iter().zip(&changed) {
                let expected = if *changed { 0.3..=0.3901 } else { 0.5999..=0.6001 };
                assert!(expected.contains(value), "{value}");
            }
        }
    }

    #[test]
    fn nothing_is_pasted_where_nothing_fits_or_may_be_touched() {
        let (part, marked) = spotted();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut small = plain(4, 0.6);
        assert_eq!(paste_defect(&mut small, &part, &marked, None, &mut rng), None);
        let mut onto = plain(48, 0.6);
        assert_eq!(paste_defect(&mut onto, &part, &[false; 32 * 32], None, &mut rng), None);
        assert_eq!(paste_defect(&mut onto, &part, &marked, Some(&[false; 48 * 48]), &mut rng), None);
        assert_eq!(onto, plain(48, 0.6));
    }
}
