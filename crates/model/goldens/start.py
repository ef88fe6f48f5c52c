"""Weight files as PyTorch writes them, and the names and shapes that torchvision and timm give their encoders.

Run: python3 crates/model/goldens/start.py   (writes start.* and layouts.json beside itself; seeded)
Made with Python 3.11, PyTorch 2.15.0, torchvision 0.29.2, timm 1.0.31, safetensors 0.8.0.

The same ResNet-18 of base width 1 with a classifier for three classes:
  start.safetensors   its state dict
  start.pth           a training state: epoch, optimiser, and the state dict of DistributedDataParallel
  start-legacy.pt     the state dict in half precision, in the format before PyTorch 1.6

  layouts.json        for each encoder, name and shape of each weight, without classifier and counters
"""

import json
from pathlib import Path

import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from resnet import BasicBlock, ResNet, scramble

HERE = Path(__file__).parent
COUNTER = "num_batches_tracked"

torch.manual_seed(1609)
model = ResNet(BasicBlock, [2, 2, 2, 2], 1)
scramble(model)
model.fc = nn.Linear(8, 3)
# Values that half precision holds exactly, so that all three files hold the same.
weights = {key: value.half().float() if value.is_floating_point() else value for key, value in model.state_dict().items()}
save_file(weights, HERE / "start.safetensors")
wrapped = {f"module.{key}": value for key, value in weights.items()}
momentum = {0: {"momentum_buffer": torch.randn(1, 3, 7, 7)}}
training = {"epoch": 3, "arch": "resnet18", "state_dict": wrapped, "optimizer": {"state": momentum, "param_groups": []}}
torch.save(training, HERE / "start.pth")
half = {key: value.half() if value.is_floating_point() else value for key, value in weights.items()}
torch.save(half, HERE / "start-legacy.pt", _use_new_zipfile_serialization=False)

layouts = {}
for name in ["resnet18", "resnet34", "resnet50"]:
    layouts[name] = getattr(torchvision.models, name)(weights=None)
for name in ["vit_tiny_patch16_224", "vit_small_patch16_224"]:
    layouts[name] = timm.create_model(name, pretrained=False)
for name, network in layouts.items():
    shapes = {key: list(value.shape) for key, value in network.state_dict().items()}
    heads = ("fc.", "head.")
    layouts[name] = {key: shape for key, shape in shapes.items() if not key.startswith(heads) and COUNTER not in key}
    print(name, len(layouts[name]), "weights")
(HERE / "layouts.json").write_text(json.dumps(layouts, separators=(",", ":")).replace('},"', '},\n"') + "\n")
