//! A minimum cut of a grid whose cells are linked with their eight neighbours (Boykov, Kolmogorov, 2004, "An
//! experimental comparison of min-cut/max-flow algorithms for energy minimization in vision"): two trees grow from
//! source and sink, each meeting is a path for flow, and what a full link cuts off looks for another parent. General
//! graph libraries keep a list of edges; here a direction names the neighbour. Capacities are whole numbers, so it ends.

use std::collections::VecDeque;

/// Columns to the right and rows down; each odd one is the way back of the one before.
pub(super) const DIRECTIONS: [(isize, isize); 8] =
    [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tree {
    Free,
    Source,
    Sink,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    None,
    Root,
    /// The neighbour in this direction.
    At(usize),
}

/// The grid has a rim of cells without links, so that every neighbour of a cell is there.
pub(super) struct Cut {
    width: usize,
    steps: [isize; 8],
    /// What can still flow to each neighbour.
    left: Vec<[i32; 8]>,
    /// What can still come from the source; below zero, what can still go to the sink.
    lean: Vec<i64>,
    tree: Vec<Tree>,
    parent: Vec<Parent>,
    /// When the way to the root was last walked, and how long it was.
    walked: Vec<(u32, u32)>,
    time: u32,
    active: VecDeque<usize>,
    orphans: VecDeque<usize>,
}

impl Cut {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let (pitch, count) = (width + 2, (width + 2) * (height + 2));
        Self {
            width,
            steps: DIRECTIONS.map(|(right, down)| down * pitch as isize + right),
            left: vec![[0; 8]; count],
            lean: vec![0; count],
            tree: vec![Tree::Free; count],
            parent: vec![Parent::None; count],
            walked: vec![(0, 0); count],
            time: 0,
            active: VecDeque::new(),
            orphans: VecDeque::new(),
        }
    }

    fn padded(&self, at: usize) -> usize {
        (at / self.width + 1) * (self.width + 2) + at % self.width + 1
    }

    /// What it costs to part a cell from its neighbour, whichever of the two is on which side.
    pub(super) fn link(&mut self, at: usize, direction: usize, cost: i32) {
        let at = self.padded(at);
        let other = self.step(at, direction);
        self.left[at][direction] += cost;
        self.left[other][direction ^ 1] += cost;
    }

    /// Adds what it costs to have a cell on the sink's side; a negative cost is that of the source's side.
    pub(super) fn lean(&mut self, at: usize, cost: i64) {
        let at = self.padded(at);
        self.lean[at] += cost;
    }

    /// Which cells lie on the source's side of a cheapest cut.
    pub(super) fn source_side(mut self) -> Vec<bool> {
        for at in 0..self.lean.len() {
            self.tree[at] = match self.lean[at] {
                0 => continue,
                1.. => Tree::Source,
                _ => Tree::Sink,
            };
            self.parent[at] = Parent::Root;
            self.active.push_back(at);
        }
        while let Some(&at) = self.active.front() {
            match self.grow(at) {
                Some((from, direction)) => {
                    self.augment(from, direction);
                    self.time += 1;
                    while let Some(orphan) = self.orphans.pop_front() {
                        self.adopt(orphan);
                    }
                }
                None => _ = self.active.pop_front(),
            }
        }
        let height = self.lean.len() / (self.width + 2) - 2;
        (0..self.width * height).map(|at| self.tree[self.padded(at)] == Tree::Source).collect()
    }

    fn step(&self, at: usize, direction: usize) -> usize {
        at.wrapping_add_signed(self.steps[direction])
    }

    /// What can flow along the tree's way between a cell and its neighbour: away from the source, or towards the sink.
    fn flows(&self, tree: Tree, parent: usize, direction: usize, child: usize) -> bool {
        match tree {
            Tree::Source => self.left[parent][direction] > 0,
            _ => self.left[child][direction ^ 1] > 0,
        }
    }

    /// Takes free neighbours into the cell's tree until it meets the other one: a cell of the source's tree and the
    /// direction in which it touches the sink's.
    fn grow(&mut self, at: usize) -> Option<(usize, usize)> {
        let tree = self.tree[at];
        if tree == Tree::Free {
            return None;
        }
        for direction in 0..8 {
            let other = self.step(at, direction);
            if !self.flows(tree, at, direction, other) {
                continue;
            }
            if self.tree[other] == Tree::Free {
                (self.tree[other], self.parent[other]) = (tree, Parent::At(direction ^ 1));
                self.walked[other] = (self.walked[at].0, self.walked[at].1 + 1);
                self.active.push_back(other);
            } else if self.tree[other] != tree {
                return Some(if tree == Tree::Source { (at, direction) } else { (other, direction ^ 1) });
            } else if self.walked[other].0 <= self.walked[at].0 && self.walked[other].1 > self.walked[at].1 + 1 {
                // A shorter way to the root.
                self.parent[other] = Parent::At(direction ^ 1);
                self.walked[other] = (self.walked[at].0, self.walked[at].1 + 1);
            }
        }
        None
    }

    /// Sends as much as fits from source to sink over the link where the trees meet.
    fn augment(&mut self, from: usize, direction: usize) {
        let onto = self.step(from, direction);
        let mut most = i64::from(self.left[from][direction]);
        for start in [from, onto] {
            let mut at = start;
            while let Parent::At(up) = self.parent[at] {
                let above = self.step(at, up);
                let left = if start == from { self.left[above][up ^ 1] } else { self.left[at][up] };
                most = most.min(i64::from(left));
                at = above;
            }
            most = most.min(self.lean[at].abs());
        }
        // No link holds more than its own kind of number.
        let flow = most as i32;
        self.left[from][direction] -= flow;
        self.left[onto][direction ^ 1] += flow;
        for start in [from, onto] {
            let mut at = start;
            while let Parent::At(up) = self.parent[at] {
                let above = self.step(at, up);
                let (source, way, sink) = if start == from { (above, up ^ 1, at) } else { (at, up, above) };
                self.left[source][way] -= flow;
                self.left[sink][way ^ 1] += flow;
                if self.left[source][way] == 0 {
                    self.parent[at] = Parent::None;
                    self.orphans.push_back(at);
                }
                at = above;
            }
            self.lean[at] -= self.lean[at].signum() * most;
            if self.lean[at] == 0 {
                self.parent[at] = Parent::None;
                self.orphans.push_back(at);
            }
        }
    }

    /// Finds a cell without a parent the neighbour with the shortest way to the root, or sets it and its children free.
    fn adopt(&mut self, at: usize) {
        let tree = self.tree[at];
        let mut best: Option<(u32, usize)> = None;
        for direction in 0..8 {
            let other = self.step(at, direction);
            if self.tree[other] == tree
                && self.flows(tree, other, direction ^ 1, at)
                && let Some(distance) = self.way_to_root(other)
                && best.is_none_or(|(least, _)| distance < least)
            {
                best = Some((distance, direction));
            }
        }
        if let Some((distance, direction)) = best {
            self.parent[at] = Parent::At(direction);
            self.walked[at] = (self.time, distance + 1);
            return;
        }
        for direction in 0..8 {
            let other = self.step(at, direction);
            if self.tree[other] != tree {
                continue;
            }
            if self.flows(tree, other, direction ^ 1, at) {
                self.active.push_back(other);
            }
            if self.parent[other] == Parent::At(direction ^ 1) {
                self.parent[other] = Parent::None;
                self.orphans.push_back(other);
            }
        }
        self.tree[at] = Tree::Free;
    }

    /// How many cells lie between this one and the root; none where the way is cut off. Walked cells remember it.
    fn way_to_root(&mut self, start: usize) -> Option<u32> {
        let (mut at, mut steps) = (start, 0);
        let known = loop {
            if self.walked[at].0 == self.time {
                break self.walked[at].1;
            }
            match self.parent[at] {
                Parent::At(up) => at = self.step(at, up),
                Parent::Root => break 0,
                Parent::None => return None,
            }
            steps += 1;
        };
        let distance = known + steps;
        let (mut at, mut left) = (start, distance);
        while self.walked[at].0 != self.time {
            self.walked[at] = (self.time, left);
            let Parent::At(up) = self.parent[at] else { break };
            at = self.step(at, up);
            left -= 1;
        }
        Some(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::split_mix;

    /// The cost of a partition, of links and leanings.
    fn cost(links: &[(usize, usize, usize, i32)], lean: &[i64], source: impl Fn(usize) -> bool) -> i64 {
        let parted = links.iter().filter(|link| source(link.0) != source(link.2)).map(|link| i64::from(link.3));
        let wrong = |at: usize| if source(at) { (-lean[at]).max(0) } else { lean[at].max(0) };
        parted.sum::<i64>() + (0..lean.len()).map(wrong).sum::<i64>()
    }

    #[test]
    fn the_cut_is_as_cheap_as_the_cheapest_of_all() {
        let (width, height) = (4, 3);
        for seed in 0..60 {
            let mut state = seed << 20;
            let mut draw = |below: u64| {
                state += 1;
                (split_mix(state) % below) as i64
            };
            let mut cut = Cut::new(width, height);
            let lean: Vec<i64> = (0..width * height).map(|_| draw(41) - 20).collect();
            lean.iter().enumerate().for_each(|(at, cost)| cut.lean(at, *cost));
            let mut links = Vec::new();
            for at in 0..width * height {
                for (direction, &(right, down)) in DIRECTIONS.iter().enumerate() {
                    let x = (at % width).checked_add_signed(right).filter(|x| *x < width);
                    let y = (at / width).checked_add_signed(down).filter(|y| *y < height);
                    let Some((x, y)) = x.zip(y) else { continue };
                    if y * width + x > at {
                        links.push((at, direction, y * width + x, draw(15) as i32));
                    }
                }
            }
            links.iter().for_each(|link| cut.link(link.0, link.1, link.3));
            let found = cut.source_side();
            let best = (0_u32..1 << lean.len()).map(|sides| cost(&links, &lean, |at| sides >> at & 1 == 1)).min();
            assert_eq!(Some(cost(&links, &lean, |at| found[at])), best, "seed {seed}");
        }
    }
}
