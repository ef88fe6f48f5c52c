"""Golden numbers for ResNet features (He et al. 2016, arXiv 1512.03385) under torchvision's key names.

Run: python3 crates/model/goldens/resnet.py   (writes resnet{18,34,50}.safetensors beside itself; seeded)
Made with Python 3.11, PyTorch 2.15.0, torchvision 0.29.2, safetensors 0.8.0.

torchvision's networks cannot be made narrower, so they are written out below with the same module names. At base width
64 each is checked to equal torchvision's, bit for bit; the files hold base widths 4 and 2 to stay small.

Each file, all f32, computed in f64, with base width w (and 4 w instead of w channels after the blocks of ResNet-50):
  conv1.weight ... layer4.1.bn2.running_var    weights and running statistics (no fc, no num_batches_tracked)
  golden.input                       [2, 3, 64, 64]
  golden.eval.layer1 .. layer4       outputs with running statistics: [2, w, 16, 16] ... [2, 8 w, 2, 2]
  golden.train.layer4                output with batch statistics (biased variance)
  golden.train.bn1.running_mean, .running_var   after that one pass: 0.9 * old + 0.1 * batch, variance unbiased
"""

from pathlib import Path

import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

LAYERS = ["layer1", "layer2", "layer3", "layer4"]


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inputs: int, middle: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, middle, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.downsample = None
        if stride != 1 or inputs != middle:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, middle, 1, stride, bias=False), nn.BatchNorm2d(middle))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skipped = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + skipped)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs: int, middle: int, stride: int):
        super().__init__()
        outputs = 4 * middle
        self.conv1 = nn.Conv2d(inputs, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skipped = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return torch.relu(self.bn3(self.conv3(x)) + skipped)


class ResNet(nn.Module):
    def __init__(self, block: type, blocks: list[int], base_width: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, base_width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(base_width)
        inputs = base_width
        for index, (name, count) in enumerate(zip(LAYERS, blocks)):
            middle = base_width * 2**index
            layer = []
            for place in range(count):
                layer.append(block(inputs, middle, 2 if place == 0 and index > 0 else 1))
                inputs = middle * block.expansion
            self.add_module(name, nn.Sequential(*layer))

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(x, 3, stride=2, padding=1)
        features = {}
        for name in LAYERS:
            x = features[name] = getattr(self, name)(x)
        return features


def scramble(model: nn.Module) -> None:
    """Batch norms start as the identity; make each of their four vectors matter. Values are rounded to f32."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def check_against_torchvision(name: str, block: type, blocks: list[int]) -> None:
    reference = getattr(torchvision.models, name)(weights=None)
    scramble(reference)
    ours = ResNet(block, blocks, 64)
    weights = {key: value for key, value in reference.state_dict().items() if not key.startswith("fc.")}
    ours.load_state_dict(weights, strict=True)
    picture = torch.randn(2, 3, 64, 64)
    for train in [False, True]:
        reference.train(train)
        ours.train(train)
        expected = {}
        hooks = [
            getattr(reference, name).register_forward_hook(lambda _m, _i, out, name=name: expected.update({name: out}))
            for name in LAYERS
        ]
        with torch.no_grad():
            reference(picture)
            found = ours(picture)
        for hook in hooks:
            hook.remove()
        for name in LAYERS:
            assert torch.equal(found[name], expected[name]), f"{name} differs from torchvision, train={train}"


def write(name: str, block: type, blocks: list[int], base_width: int) -> None:
    torch.manual_seed(1512)
    check_against_torchvision(name, block, blocks)
    model = ResNet(block, blocks, base_width)
    scramble(model)
    picture = torch.randn(2, 3, 64, 64)
    weights = model.state_dict().items()
    tensors = {key: value.clone() for key, value in weights if not key.endswith("num_batches_tracked")}
    tensors["golden.input"] = picture

    model.double()
    with torch.no_grad():
        model.eval()
        for layer, value in model(picture.double()).items():
            tensors[f"golden.eval.{layer}"] = value
        model.train()
        tensors["golden.train.layer4"] = model(picture.double())["layer4"]
    tensors["golden.train.bn1.running_mean"] = model.bn1.running_mean
    tensors["golden.train.bn1.running_var"] = model.bn1.running_var

    out = Path(__file__).with_name(f"{name}.safetensors")
    save_file({key: value.float().contiguous() for key, value in tensors.items()}, out)
    print(name, sum(key.endswith("weight") and value.dim() == 4 for key, value in tensors.items()), "convolutions")
    for key, value in tensors.items():
        if key.startswith("golden."):
            print(" ", key, list(value.shape), f"mean {value.mean():.4f}, std {value.std():.4f}")


if __name__ == "__main__":
    write("resnet18", BasicBlock, [2, 2, 2, 2], 4)
    write("resnet34", BasicBlock, [3, 4, 6, 3], 2)
    write("resnet50", Bottleneck, [3, 4, 6, 3], 2)
