//! The graph and Burn say the same, and where the graph does not serve Burn does.

use safetensors::SafeTensors;

use super::*;
use crate::encoder::{EncoderConfig, ResNetConfig, VitConfig};
use crate::testing::{SIDE, cpu, inputs, tiny, values};
use crate::{BankValues, drawn};

const SIZE: PictureSize = PictureSize { width: SIDE as u32, height: SIDE as u32 };

/// The tiny network ready by its graph, and by Burn: told that it takes colour, no graph of it can be built.
fn both_ways() -> [ReadyNetwork; 2] {
    let artefact = tiny(Vec::new());
    let config = &artefact.card.network;
    let network = artefact.weights.fill_all(config.init(&Device::flex())).unwrap();
    let encoder = EncoderConfig::ResNet(ResNetConfig::resnet18(3, 4));
    let colour = NetworkConfig { encoder, ..config.clone() };
    [config, &colour].map(|config| ReadyNetwork::new(config, network.clone(), SIZE, &cpu()))
}

fn assert_near(found: &[f32], expected: &[f32]) {
    compare("values", found, expected).unwrap();
}

#[test]
fn a_graph_that_cannot_be_built_gives_way_to_burn_and_the_reason_is_told() {
    let [graph, burn] = both_ways();
    assert_eq!(graph.runtime(), &Runtime::Graph { threads: thread_count() });
    let Runtime::Burn { because: Some(because) } = burn.runtime() else { panic!("{:?}", burn.runtime()) };
    assert!(because.contains("takes 1 channels"), "{because}");
}

fn start(config: &NetworkConfig, seed: u64) -> Network {
    let device = Device::flex();
    drawn(seed, &device, || config.init(&device))
}

#[test]
fn encoders_of_all_kinds_have_a_graph_that_gives_what_burn_gives() {
    let encoders = [ResNetConfig::resnet18(3, 5), ResNetConfig::resnet34(1, 4), ResNetConfig::resnet50(3, 4)];
    for encoder in encoders.map(EncoderConfig::ResNet) {
        let config = NetworkConfig { encoder, projection: 8, head: 6 };
        let size = PictureSize { width: 96, height: 64 };
        let ready = ReadyNetwork::new(&config, start(&config, 1), size, &cpu());
        assert!(matches!(ready.runtime(), Runtime::Graph { .. }), "{:?}: {:?}", config.encoder, ready.runtime());
    }
}

/// The same weights, and those of matrices ten times as large: as they are drawn, tokens hardly look at each other, and
/// a graph that mixes them up would pass.
fn lively(network: &Network) -> Weights {
    let bytes = Weights::of(network).to_bytes().unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut weights = Weights::default();
    for (name, view) in file.tensors() {
        let (floats, _) = view.data().as_chunks::<4>();
        let times = if view.shape().len() == 2 || name.ends_with("pos_embed") { 10.0 } else { 1.0 };
        let values: Vec<f32> = floats.iter().map(|bytes| times * f32::from_le_bytes(*bytes)).collect();
        weights.insert(name, view.shape().to_vec(), &values);
    }
    weights
}

#[test]
fn a_transformer_has_a_graph_that_gives_what_burn_gives() {
    // Positions as they are kept, and interpolated; blocks that three strides share unevenly.
    for (grid, blocks, size) in [(4, 3, [64, 64]), (3, 5, [96, 64]), (9, 4, [32, 96])] {
        let encoder = EncoderConfig::Vit(VitConfig { in_channels: 2, dimensions: 24, heads: 3, blocks, grid });
        let config = NetworkConfig { encoder, projection: 8, head: 6 };
        let network = start(&config, 2);
        let network = lively(&network).fill_all(network).unwrap();
        let size = PictureSize { width: size[0], height: size[1] };
        let ready = ReadyNetwork::new(&config, network, size, &cpu());
        assert!(matches!(ready.runtime(), Runtime::Graph { .. }), "grid {grid}: {:?}", ready.runtime());
    }
}

#[test]
fn a_graph_with_other_weights_is_noticed() {
    let config = tiny(Vec::new()).card.network;
    let [network, other] = [3, 4].map(|seed| start(&config, seed));
    let graph = Graph::load(config.to_onnx(&Weights::of(&other), SIZE, &[]).unwrap()).unwrap();
    let error = check(graph, &config, &network, SIZE).unwrap_err().to_string();
    assert!(error.contains("its logits are off by"), "{error}");
}

#[test]
fn both_ways_give_the_same_cells_and_scores() {
    let [graph, burn] = both_ways();
    let pictures = inputs(3);
    let dimensions = graph.dimensions();
    let bank = BankValues::coreset(values(dimensions, 0.1), vec![0.8; dimensions], values(5 * dimensions, 0.3));
    let bank = MemoryBank::new(&bank, &Device::flex());
    let (by_graph, by_burn) = (graph.cells(&pictures).unwrap(), burn.cells(&pictures).unwrap());
    assert_eq!(by_graph.len(), 3);
    assert_eq!(by_graph[0].len(), (SIDE / 8) * (SIDE / 8) * dimensions);
    by_graph.iter().zip(&by_burn).for_each(|(graph, burn)| assert_near(graph, burn));
    for (graph, burn) in graph.maps(&pictures).unwrap().iter().zip(&burn.maps(&pictures).unwrap()) {
        assert_near(&graph.defect, &burn.defect);
        assert_near(&graph.cells, &burn.cells);
    }
    let (by_graph, by_burn) = (graph.scores(&pictures, &bank).unwrap(), burn.scores(&pictures, &bank).unwrap());
    for (graph, burn) in by_graph.iter().zip(&by_burn) {
        assert_eq!(graph.bank.len(), (SIDE / 4) * (SIDE / 4));
        assert_near(&graph.defect, &burn.defect);
        assert_near(&graph.bank, &burn.bank);
    }
}

#[test]
fn what_differs_is_refused() {
    let near = |found: &[f32]| compare("logits", found, &[10.0, -20.0, 0.0]).is_ok();
    assert!(near(&[10.001, -20.001, 0.001]));
    assert!(!near(&[10.0, -20.0, 0.003]));
    assert!(!near(&[10.0, -20.0]));
    assert!(!near(&[10.0, f32::NAN, 0.0]));
    let error = compare("logits", &[1.0], &[2.0]).unwrap_err().to_string();
    assert_eq!(error, "device cpu: checking the graph against Burn failed: its logits are off by 1 of 2");
}

#[test]
fn an_enlarged_map_has_each_cell_four_times() {
    assert_eq!(
        twice(&[1.0, 2.0, 3.0, 4.0], 2),
        [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 3.0, 3.0, 4.0, 4.0]
    );
}
