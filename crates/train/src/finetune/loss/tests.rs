use super::*;
use crate::Effort;

fn batch() -> Batch {
    let target: Vec<f32> = (0..32).map(|cell| if cell % 16 == 0 { 1.0 } else { 0.0 }).collect();
    Batch {
        pictures: Vec::new(),
        known: vec![1.0; 32],
        judged: vec![1.0; 32],
        target,
        defective: vec![1.0, 0.0],
        classes: vec![Some(1), None],
    }
}

fn loss_of(batch: &Batch, logits: &[f32], decision: [f32; 6]) -> f32 {
    let device = Device::flex();
    let logits = Tensor::from_data(TensorData::new(logits.to_vec(), [2, 1, 4, 4]), &device);
    let decision = Tensor::from_data(TensorData::new(decision.to_vec(), [2, 3]), &device);
    loss(logits, decision, batch, &FineTuneConfig::new(Effort::Quick)).into_scalar::<f32>()
}

fn logits(batch: &Batch, right: f32) -> Vec<f32> {
    batch.target.iter().map(|&cell| if cell > 0.0 { right } else { -right }).collect()
}

#[test]
fn each_part_of_the_loss_falls_when_it_is_right() {
    let batch = batch();
    let right = [5.0, -5.0, 5.0, -5.0, 0.0, 0.0];
    let all = loss_of(&batch, &logits(&batch, 9.0), right);
    assert!((0.0..0.02).contains(&all), "{all}");
    let check = |wrong: f32, at_least: f32| assert!(wrong > all + at_least, "{wrong}");
    check(loss_of(&batch, &logits(&batch, -2.0), right), 1.0);
    check(loss_of(&batch, &logits(&batch, 9.0), [-5.0, -5.0, 5.0, -5.0, 0.0, 0.0]), 1.0);
    check(loss_of(&batch, &logits(&batch, 9.0), [5.0, 5.0, -5.0, -5.0, 0.0, 0.0]), 1.0);
    // The second picture has no class: what is said about it costs nothing.
    assert_eq!(loss_of(&batch, &logits(&batch, 9.0), [5.0, -5.0, 5.0, -5.0, 7.0, -7.0]), all);
}

#[test]
fn what_nobody_knows_costs_nothing() {
    let mut batch = batch();
    let mut wrong = logits(&batch, 9.0);
    let decision = [5.0, -5.0, 5.0, -5.0, 0.0, 0.0];
    let all = loss_of(&batch, &wrong, decision);
    wrong[5] = 9.0;
    assert!(loss_of(&batch, &wrong, decision) > all + 0.1);
    batch.known[5] = 0.0;
    assert!((loss_of(&batch, &wrong, decision) - all).abs() < 1e-3);
    // Only tags: no pixel is known, and the loss is still a number.
    batch.known.fill(0.0);
    batch.target.fill(0.0);
    assert!(loss_of(&batch, &wrong, decision).is_finite());
}
