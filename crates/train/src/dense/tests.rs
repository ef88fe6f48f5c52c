//! The loss against PyTorch (`goldens/dense.py` made the numbers), and that matched cells show the same place.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use sightline_image::{Input, ViewPolicy, random_view};
use sightline_model::drawn;

use super::*;

/// PyTorch computed in double precision, Burn in single.
const TOLERANCE: f64 = 2e-6;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    dim: usize,
    temperature: f32,
    pictures: Vec<usize>,
    query: Vec<f32>,
    key: Vec<f32>,
    loss: f64,
    query_gradient: Vec<f64>,
    key_gradient: Vec<f64>,
}

#[test]
fn loss_and_gradients_equal_pytorch() {
    let goldens: Goldens = serde_json::from_str(include_str!("../../goldens/dense.json")).unwrap();
    assert!(!goldens.cases.is_empty());
    for case in goldens.cases {
        let device = Device::flex().autodiff();
        let shape = [case.pictures.len(), case.dim];
        let tensor =
            |values: &[f32]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device).require_grad();
        let (query, key) = (tensor(&case.query), tensor(&case.key));
        let loss = dense_loss(query.clone(), key.clone(), &case.pictures, case.temperature);
        let gradients = loss.backward();
        let off = (f64::from(loss.into_scalar::<f32>()) - case.loss).abs();
        assert!(off < TOLERANCE, "the loss is off by {off}");
        for (tensor, expected) in [(query, case.query_gradient), (key, case.key_gradient)] {
            let found: Vec<f32> = tensor.grad(&gradients).unwrap().try_into_vec_as().unwrap();
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                assert!((f64::from(*found) - expected).abs() < TOLERANCE, "{found}, expected {expected}");
            }
        }
    }
}

/// A part whose pixels tell their own place.
fn places(side: usize) -> Input {
    let place = |i: usize| if i < side * side { i / side } else { i % side };
    let values = (0..2 * side * side).map(|i| place(i) as f32 + 0.5).collect();
    Input { channels: 2, height: side, width: side, values }
}

#[test]
fn matched_cells_show_the_same_place_however_the_views_lie() {
    let part = places(96);
    let still = ViewPolicy { brightness: 0.0, contrast: 0.0, noise: 0.0, ..ViewPolicy::default() };
    let policy = ViewPolicy { may_turn: true, may_flip: true, ..still };
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let columns = 64 / STRIDE;
    let place = |view: &Input, cell: usize| {
        let (y, x) = (cell / columns * STRIDE + STRIDE / 2, cell % columns * STRIDE + STRIDE / 2);
        [0, 1].map(|plane| view.values[(plane * 64 + y) * 64 + x])
    };
    let mut pairs = 0;
    for _ in 0..40 {
        let [(first, shown), (second, other)] = [(); 2].map(|()| random_view(&part, &policy, 64, 64, &mut rng));
        let matches = match_cells(&shown, &other, &mut rng);
        assert_eq!((matches.first.len(), matches.second.len()), (CELLS, CELLS), "crops of half the part overlap");
        for (&a, &b) in matches.first.iter().zip(&matches.second) {
            let (a, b) = (place(&first, a), place(&second, b));
            // The second cell holds the first one's centre: half a cell at most, of up to 12 pixels of the part.
            assert!((a[0] - b[0]).abs() < 8.0 && (a[1] - b[1]).abs() < 8.0, "{a:?} and {b:?}");
            pairs += 1;
        }
    }
    assert_eq!(pairs, 40 * CELLS);
}

#[test]
fn views_of_different_ends_have_nothing_in_common() {
    let shown = |left: f32| Shown { rectangle: [0.0, left, 64.0, 64.0], size: (64, 64), pose: Default::default() };
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    assert_eq!(match_cells(&shown(0.0), &shown(100.0), &mut rng), Matches::default());
    let narrow = match_cells(&shown(0.0), &shown(56.0), &mut rng);
    assert_eq!(narrow.first.len(), CELLS, "eight cells are shown twice");
    assert!(narrow.first.iter().all(|cell| cell % 8 == 7) && narrow.second.iter().all(|cell| cell % 8 == 0));
}

#[test]
fn the_head_takes_the_cells_it_is_asked_for() {
    let device = Device::flex();
    let head = drawn(1, &device, || DenseHead::new([1, 1], 1, &device));
    let map = |count: usize, side: usize| {
        let values: Vec<f32> = (0..count * side * side).map(|i| i as f32).collect();
        Tensor::<4>::from_data(TensorData::new(values, [count, 1, side, side]), &device)
    };
    let stages = Stages { stride4: map(2, 8), stride8: map(2, 4), stride16: map(2, 2) };
    let cells: [&[usize]; 2] = [&[0, 5], &[15]];
    let found: Vec<f32> = head.forward(&stages, cells.into_iter()).try_into_vec_as().unwrap();
    let rows = |values: [f32; 3]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [3, 1]), &device);
    // Cell 5 lies in row 1, column 1, which is coarse cell 0; cell 15 of the second picture in coarse cell 3.
    let hidden = head.fine.forward(rows([0.0, 5.0, 31.0])) + head.coarse.forward(rows([0.0, 0.0, 7.0]));
    let expected: Vec<f32> = head.out.forward(relu(hidden)).try_into_vec_as().unwrap();
    assert_eq!(found, expected);
}
