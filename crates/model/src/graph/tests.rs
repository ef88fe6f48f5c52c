//! The exported graph against onnxruntime, PyTorch and Burn. `goldens/graph.py` made the numbers.

use std::time::{Duration, Instant};

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rten_onnx::onnx::ModelProto;
use safetensors::SafeTensors;

use super::run::PictureMaps;
use super::*;
use crate::encoder::{EncoderConfig, ResNetConfig};
use crate::testing::{SIDE, tiny};

const FILE: &[u8] = include_bytes!("../../goldens/graph.safetensors");
const SIZE: PictureSize = PictureSize { width: 64, height: 32 };

/// Single precision through eleven convolutions, as a share of the largest value.
const TOLERANCE: f32 = 1e-5;

fn golden(name: &str) -> Vec<f32> {
    let file = SafeTensors::deserialize(FILE).unwrap();
    let (floats, _) = file.tensor(&format!("golden.{name}")).unwrap().data().as_chunks::<4>();
    floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn config() -> NetworkConfig {
    NetworkConfig { encoder: EncoderConfig::ResNet(ResNetConfig::resnet18(3, 4)), projection: 8, head: 4 }
}

fn weights() -> Weights {
    Weights::from_bytes(FILE).unwrap()
}

fn check(what: &str, found: &[f32], expected: &[f32]) {
    let largest = expected.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
    let farthest = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert_eq!(found.len(), expected.len(), "{what}");
    assert!(farthest < TOLERANCE * largest, "{what}: off by {farthest} of {largest}");
    assert!(found.iter().all(|value| value.is_finite()), "{what}");
}

fn run(onnx: Vec<u8>, pictures: &[f32]) -> PictureMaps {
    let pictures: Vec<Vec<f32>> = pictures.chunks_exact(3 * 32 * 64).map(<[f32]>::to_vec).collect();
    let maps = Graph::load(onnx).unwrap().each([3, 32, 64], &pictures, |maps| maps).unwrap();
    PictureMaps {
        defect: maps.iter().flat_map(|maps| maps.defect.clone()).collect(),
        cells: maps.iter().flat_map(|maps| maps.cells.clone()).collect(),
    }
}

#[test]
fn the_graph_gives_what_onnxruntime_and_pytorch_give() {
    let found = run(config().to_onnx(&weights(), SIZE, &[]).unwrap(), &golden("pictures"));
    for other in ["onnxruntime", "torch"] {
        check("logits", &found.defect, &golden(&format!("{other}.defect")));
        check("cells", &found.cells, &golden(&format!("{other}.cells")));
    }
}

#[test]
fn burn_gives_what_onnxruntime_gives() {
    let device = Device::flex();
    // The last layer and the projection only learn: the file leaves them out.
    let drawn = Weights::of(&crate::drawn(1, &device, || config().init(&device))).to_bytes().unwrap();
    let (drawn, given) = (SafeTensors::deserialize(&drawn).unwrap(), SafeTensors::deserialize(FILE).unwrap());
    let weights = drawn.tensors().into_iter().map(|(name, drawn)| {
        let only_learns = name.starts_with("encoder.layer4") || name.starts_with("projection");
        let view = if only_learns { drawn } else { given.tensor(&name).unwrap() };
        (name, view)
    });
    let weights = Weights::from_bytes(&safetensors::serialize(weights, None).unwrap()).unwrap();
    let network = weights.fill_all(config().init(&device)).unwrap();
    let pictures = TensorData::new(golden("pictures"), [2, 3, 32, 64]);
    let maps = network.valid().maps(Tensor::from_data(pictures, &device));
    check("logits", &maps.defect.try_into_vec_as::<f32>().unwrap(), &golden("onnxruntime.defect"));
    check("cells", &maps.cells.try_into_vec_as::<f32>().unwrap(), &golden("onnxruntime.cells"));
}

#[test]
fn pictures_come_out_the_same_alone_and_in_any_company() {
    let graph = Graph::load(config().to_onnx(&weights(), SIZE, &[]).unwrap()).unwrap();
    let shape = [3, 32, 64];
    let pictures: Vec<Vec<f32>> = golden("pictures").chunks_exact(3 * 32 * 64).map(<[f32]>::to_vec).collect();
    let company = [0, 1, 1, 0, 1].map(|index| pictures[index].clone());
    let alone = |index: usize| graph.each(shape, &pictures[index..=index], |maps| maps).unwrap().remove(0);
    let together = graph.each(shape, &company, |maps| maps).unwrap();
    assert_eq!(together, [0, 1, 1, 0, 1].map(alone));
}

#[test]
fn the_time_of_the_graph_is_told_without_that_of_what_is_made_of_its_maps() {
    let graph = Graph::load(config().to_onnx(&weights(), SIZE, &[]).unwrap()).unwrap();
    let picture = vec![golden("pictures")[..3 * 32 * 64].to_vec()];
    let (began, rest) = (Instant::now(), Duration::from_millis(200));
    graph.each([3, 32, 64], &picture, |_| std::thread::sleep(rest)).unwrap();
    let (spent, all) = (graph.spent(), began.elapsed());
    assert!(spent > Duration::ZERO && spent <= all - rest, "{spent:?} of {all:?}");
}

#[test]
fn the_file_says_how_a_picture_is_prepared_and_is_the_same_each_time() {
    let artefact = tiny(Vec::new());
    let bytes = artefact.to_onnx("c0ffee").unwrap();
    assert_eq!(bytes, artefact.to_onnx("c0ffee").unwrap());
    let model = ModelProto::parse_buf(&bytes).unwrap();
    let fact = |key: &str| {
        let found = model.metadata_props.iter().find(|fact| fact.key.as_deref() == Some(key));
        found.and_then(|fact| fact.value.clone()).unwrap_or_default()
    };
    let expected = [
        ("sightline.model", "c0ffee"),
        ("sightline.width", "64"),
        ("sightline.height", "64"),
        ("sightline.channels", "grey"),
        ("sightline.mean", "[0.1]"),
        ("sightline.std", "[0.3]"),
        ("sightline.region", r#"{"left":0.0,"top":0.0,"right":1.0,"bottom":1.0}"#),
        ("sightline.ignore", "[]"),
        ("sightline.stride.defect", "4"),
        ("sightline.stride.cells", "8"),
        ("sightline.fit", "fill"),
    ];
    for (key, value) in expected {
        assert_eq!(fact(key), value, "{key}");
    }
    assert!(model.metadata_props.iter().all(|fact| fact.key.as_deref() != Some("sightline.local_contrast.window")));
    let graph = model.graph.unwrap();
    // Folded away: no node is left for them.
    assert!(graph.node.iter().all(|node| node.op_type.as_deref() != Some("BatchNormalization")));
    let shape = |index: usize| {
        let shape = graph.output[index].r#type.clone().unwrap().tensor_type.unwrap().shape.unwrap();
        shape.dim.iter().map(|length| length.dim_value).collect::<Vec<_>>()
    };
    assert_eq!(shape(0), [None, Some(SIDE as i64 / 4), Some(SIDE as i64 / 4)]);
    assert_eq!(shape(1), [None, Some((SIDE as i64 / 8).pow(2)), Some(artefact.card.bank_dimensions as i64)]);
}

#[test]
fn what_only_some_models_have_is_said_where_they_have_it() {
    let mut artefact = tiny(Vec::new());
    artefact.card.normalise.local_window = Some(15);
    artefact.card.recipe.keep_shape_scale = Some(0.25);
    let facts = facts::of(&artefact.card, "c0ffee").unwrap();
    let fact = |key: &str| facts.iter().find(|(found, _)| *found == key).map(|(_, value)| value.as_str());
    assert_eq!(fact("sightline.local_contrast.window"), Some("15"));
    assert_eq!((fact("sightline.fit"), fact("sightline.fit.scale")), (Some("keep"), Some("0.25")));
}

#[test]
fn weights_that_are_not_the_networks_are_named() {
    let refused =
        |weights: &Weights, config: NetworkConfig| config.to_onnx(weights, SIZE, &[]).unwrap_err().to_string();
    assert!(refused(&Weights::default(), config()).contains("encoder.conv1.weight is missing"));
    let grey = NetworkConfig { encoder: EncoderConfig::ResNet(ResNetConfig::resnet18(1, 4)), ..config() };
    assert!(refused(&weights(), grey).contains("encoder.conv1 takes 3 channels"));
}

#[test]
fn what_is_no_graph_is_refused() {
    assert!(matches!(Graph::load(b"no graph".to_vec()), Err(ModelError::Device { step: "loading the graph", .. })));
    let graph = Graph::load(config().to_onnx(&weights(), SIZE, &[]).unwrap()).unwrap();
    let small = graph.each([3, 32, 32], &[vec![0.0; 3 * 32 * 32]], |maps| maps);
    assert!(matches!(small, Err(ModelError::Device { .. })), "{small:?}");
}
