//! Features against timm, with weights under its names. `goldens/vit.py` made the numbers.

use super::*;
use crate::encoder::EncoderConfig;
use crate::encoder::testing::Golden;

fn golden() -> Golden {
    Golden::new("vit", include_bytes!("../../../goldens/vit.safetensors"))
}

fn config() -> EncoderConfig {
    EncoderConfig::Vit(VitConfig { dimensions: 12, grid: 4, ..VitConfig::tiny(3) })
}

/// Every fourth cell of an enlarged map, and whether all others are as it is.
fn reduced(enlarged: &Tensor<4>, times: usize) -> Tensor<4> {
    let [_, _, height, width] = enlarged.dims();
    let reduced = enlarge(enlarged.clone(), [height / times, width / times]);
    let again: Vec<f32> = enlarge(reduced.clone(), [height, width]).try_into_vec_as().unwrap();
    assert_eq!(enlarged.clone().try_into_vec_as::<f32>().unwrap(), again);
    reduced
}

#[test]
fn features_equal_timm_for_any_number_of_patches() {
    // On a training device attention is written in single steps, so that it has gradients.
    for device in [Device::flex(), Device::flex().autodiff()] {
        let golden = golden();
        let encoder = golden.loaded(&config(), &device);
        for picture in ["same", "more", "fewer"] {
            let stages = encoder.stages(golden.picture(&format!("{picture}.input"), &device));
            golden.check(&format!("{picture}.block4"), reduced(&stages.stride4, 4));
            golden.check(&format!("{picture}.block8"), reduced(&stages.stride8, 2));
            golden.check(&format!("{picture}.block12"), stages.stride16.clone());
            golden.check(&format!("{picture}.norm"), encoder.last_layer(stages.stride16));
        }
    }
}

#[test]
fn interpolated_positions_equal_timm() {
    let golden = golden();
    for (from, to) in [(4, 7), (14, 6), (14, 16), (14, 40)] {
        let (single, _) = golden.values(&format!("single.{from}"));
        let weights = bicubic(from, to);
        let rows = weights.chunks_exact(from);
        let resized: Vec<f32> = rows.map(|row| row.iter().zip(&single).map(|(w, v)| w * v).sum()).collect();
        golden.check(&format!("resized.{from}.{to}"), Tensor::<1>::from_data(resized.as_slice(), &Device::flex()));
    }
}
