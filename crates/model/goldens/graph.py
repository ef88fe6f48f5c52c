"""Golden numbers for the exported ONNX graph: onnxruntime runs the file that Sightline writes, PyTorch the network.

Run: python3 crates/model/goldens/graph.py [PROGRAM]   (writes graph.safetensors beside itself; seeded)
PROGRAM is the built bench `forward`; without it cargo builds one.
Made with Python 3.11, PyTorch 2.15.0, onnx 1.23.2, onnxruntime 1.32.0, safetensors 0.8.0.

A ResNet-18 of base width 4 with its per-pixel head (4 channels), every weight and statistic drawn at random, under our
own names. The script has the file exported, checks it with onnx.checker, runs it by onnxruntime on two pictures at once
and on each alone, and demands that the values are PyTorch's, computed in f64, to 1e-5 of the largest.

The file, all f32:
  encoder.*, defect_head.*        weights and running statistics
  golden.pictures                 [2, 3, 32, 64]
  golden.onnxruntime.defect       [2, 8, 16]      logits
  golden.onnxruntime.cells        [2, 32, 26]     8 + 16 features, column, row
  golden.torch.defect, .cells     the same by PyTorch
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
import torch
from safetensors.torch import save_file
from torch.nn import functional

WIDTH, HEAD, HEIGHT_OF_PICTURE, WIDTH_OF_PICTURE = 4, 4, 32, 64
weights: dict[str, torch.Tensor] = {}


def draw_conv(name: str, inside: int, outside: int, side: int) -> None:
    scale = (2 / (inside * side * side)) ** 0.5
    weights[f"{name}.weight"] = torch.randn(outside, inside, side, side) * scale


def draw_norm(name: str, channels: int) -> None:
    weights[f"{name}.gamma"] = torch.empty(channels).uniform_(0.5, 1.5)
    weights[f"{name}.beta"] = torch.randn(channels) * 0.3
    weights[f"{name}.running_mean"] = torch.randn(channels) * 0.3
    weights[f"{name}.running_var"] = torch.empty(channels).uniform_(0.5, 2)


def draw() -> None:
    draw_conv("encoder.conv1", 3, WIDTH, 7)
    draw_norm("encoder.bn1", WIDTH)
    inside = WIDTH
    for layer in range(1, 4):
        outside = WIDTH * 2 ** (layer - 1)
        for block in range(2):
            path = f"encoder.layer{layer}.{block}"
            draw_conv(f"{path}.conv1", inside, outside, 3)
            draw_norm(f"{path}.bn1", outside)
            draw_conv(f"{path}.conv2", outside, outside, 3)
            draw_norm(f"{path}.bn2", outside)
            if inside != outside:
                draw_conv(f"{path}.downsample.conv", inside, outside, 1)
                draw_norm(f"{path}.downsample.bn", outside)
            inside = outside
    for stride, channels in [(4, WIDTH), (8, 2 * WIDTH), (16, 4 * WIDTH)]:
        draw_conv(f"defect_head.from{stride}", channels, HEAD, 1)
    draw_norm("defect_head.norm", HEAD)
    draw_conv("defect_head.mix", HEAD, HEAD, 3)
    draw_norm("defect_head.mix_norm", HEAD)
    draw_conv("defect_head.out", HEAD, 1, 1)
    weights["defect_head.out.bias"] = torch.randn(1)


def conv(name: str, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
    weight = weights[f"{name}.weight"].double()
    bias = weights[f"{name}.bias"].double() if f"{name}.bias" in weights else None
    return functional.conv2d(x, weight, bias, stride, padding=weight.shape[-1] // 2)


def norm(name: str, x: torch.Tensor) -> torch.Tensor:
    mean, variance, gamma, beta = (
        weights[f"{name}.{part}"].double() for part in ["running_mean", "running_var", "gamma", "beta"]
    )
    return functional.batch_norm(x, mean, variance, gamma, beta)


def maps(pictures: torch.Tensor) -> dict[str, torch.Tensor]:
    x = torch.relu(norm("encoder.bn1", conv("encoder.conv1", pictures.double(), 2)))
    x = functional.max_pool2d(x, 3, 2, 1)
    strides = []
    for layer in range(1, 4):
        for block in range(2):
            path = f"encoder.layer{layer}.{block}"
            stride = 2 if layer > 1 and block == 0 else 1
            shortcut = x
            if f"{path}.downsample.conv.weight" in weights:
                shortcut = norm(f"{path}.downsample.bn", conv(f"{path}.downsample.conv", x, stride))
            y = torch.relu(norm(f"{path}.bn1", conv(f"{path}.conv1", x, stride)))
            x = torch.relu(norm(f"{path}.bn2", conv(f"{path}.conv2", y)) + shortcut)
        strides.append(x)
    stride4, stride8, stride16 = strides

    def enlarge(x: torch.Tensor, factor: int) -> torch.Tensor:
        return functional.interpolate(x, scale_factor=factor, mode="nearest")

    head = conv("defect_head.from4", stride4) + enlarge(conv("defect_head.from8", stride8), 2)
    head = torch.relu(norm("defect_head.norm", head + enlarge(conv("defect_head.from16", stride16), 4)))
    head = torch.relu(norm("defect_head.mix_norm", conv("defect_head.mix", head)))
    defect = conv("defect_head.out", head).squeeze(1)

    def average(x: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)

    batch, _, height, width = stride8.shape
    columns = ((torch.arange(width, dtype=torch.double) + 0.5) / width).expand(batch, 1, height, width)
    rows = ((torch.arange(height, dtype=torch.double) + 0.5) / height)[:, None].expand(batch, 1, height, width)
    stacked = torch.cat([average(stride8), enlarge(average(stride16), 2), columns, rows], 1)
    return {"defect": defect, "cells": stacked.flatten(2).transpose(1, 2)}


def exported(folder: Path) -> Path:
    given, file = folder / "weights.safetensors", folder / "graph.onnx"
    save_file(weights, given)
    cargo = ["cargo", "test", "--package", "sightline-model", "--bench", "forward", "--"]
    program = sys.argv[1:] or cargo
    size = [str(HEIGHT_OF_PICTURE), str(WIDTH_OF_PICTURE)]
    subprocess.run([*program, "export", str(given), str(file), *size], check=True)
    return file


torch.manual_seed(1917)
draw()
pictures = torch.randn(2, 3, HEIGHT_OF_PICTURE, WIDTH_OF_PICTURE)
expected = maps(pictures)

with tempfile.TemporaryDirectory() as folder:
    file = exported(Path(folder))
    onnx.checker.check_model(str(file), full_check=True)
    model = onnx.load(file)
    print("nodes", len(model.graph.node), "operators", sorted({node.op_type for node in model.graph.node}))
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    together = dict(zip(names, session.run(None, {"pictures": pictures.numpy()})))
    alone = [dict(zip(names, session.run(None, {"pictures": picture[None].numpy()}))) for picture in pictures]

tensors = {**weights, "golden.pictures": pictures}
for name, value in expected.items():
    largest = value.abs().max().item()
    off = numpy.abs(together[name] - value.numpy()).max() / largest
    off_alone = max(numpy.abs(alone[i][name][0] - value[i].numpy()).max() / largest for i in range(2))
    print(f"{name} {list(value.shape)}: off by {off:.1e} together, {off_alone:.1e} alone, of {largest:.2f}")
    assert together[name].shape == tuple(value.shape) and max(off, off_alone) < 1e-5
    tensors[f"golden.onnxruntime.{name}"] = torch.from_numpy(together[name].copy())
    tensors[f"golden.torch.{name}"] = value.float().contiguous()
save_file(tensors, Path(__file__).with_name("graph.safetensors"))
