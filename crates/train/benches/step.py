"""The other side of `step.rs` and `gpu.rs`: PyTorch at a training step and at judging, NumPy at a coreset.

Started by them (needs numpy, torch, safetensors). It waits for a word on standard input and answers with a line of
JSON, {"millis": ..., "loss": ...}. Both sides have the same number of threads and wait for each other in turns.

The network is the one of crates/model and crates/train, written out once more: a grey ResNet-18 with a width, the
projection (NT-Xent over two views of each part), and the per-pixel head on parts with drawn defects (weighted cross entropy
plus soft Dice), learned with AdamW. It starts from Sightline's weights on Sightline's batch; the losses are compared.
On a GPU PyTorch may do what makes it fast: its convolutions in TF32, as is its default, the best of cuDNN's algorithms for
each size, and autocast where Sightline computes in half precision.
"""

import json
import math
import os
import sys
import time
from pathlib import Path

# A thread that waits for its next piece of work must not take the core that the other side computes on.
os.environ["OMP_WAIT_POLICY"] = "passive"
os.environ["KMP_BLOCKTIME"] = "0"

import numpy

folder = Path(sys.argv[1])


def block(torch, inputs, outputs, stride):
    nn, functional = torch.nn, torch.nn.functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.downsample = None
            if stride != 1 or inputs != outputs:
                self.downsample = nn.ModuleDict(
                    {"conv": nn.Conv2d(inputs, outputs, 1, stride, bias=False), "bn": nn.BatchNorm2d(outputs)}
                )

        def forward(self, x):
            skipped = x if self.downsample is None else self.downsample["bn"](self.downsample["conv"](x))
            x = functional.relu(self.bn1(self.conv1(x)))
            return functional.relu(self.bn2(self.conv2(x)) + skipped)

    return Block()


def network(torch, width, projection, head):
    nn, functional = torch.nn, torch.nn.functional

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, width, 7, stride=2, padding=3, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            for layer, (inputs, outputs, stride) in enumerate(
                [(1, 1, 1), (1, 2, 2), (2, 4, 2), (4, 8, 2)], start=1
            ):
                first = block(torch, inputs * width, outputs * width, stride)
                setattr(self, f"layer{layer}", nn.Sequential(first, block(torch, outputs * width, outputs * width, 1)))
            self.hidden = nn.Linear(8 * width, 8 * width, bias=False)
            self.norm = nn.BatchNorm1d(8 * width)
            self.out = nn.Linear(8 * width, projection)
            self.from4 = nn.Conv2d(width, head, 1, bias=False)
            self.from8 = nn.Conv2d(2 * width, head, 1, bias=False)
            self.from16 = nn.Conv2d(4 * width, head, 1, bias=False)
            self.head_norm = nn.BatchNorm2d(head)
            self.mix = nn.Conv2d(head, head, 3, padding=1, bias=False)
            self.mix_norm = nn.BatchNorm2d(head)
            self.head_out = nn.Conv2d(head, 1, 1)

        def stages(self, x):
            x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
            stride4 = self.layer1(x)
            stride8 = self.layer2(stride4)
            return stride4, stride8, self.layer3(stride8)

        def project(self, x):
            pooled = self.layer4(self.stages(x)[2]).mean((2, 3))
            return self.out(functional.relu(self.norm(self.hidden(pooled))))

        def defects(self, x):
            return self.head(*self.stages(x))

        def head(self, stride4, stride8, stride16):
            size = stride4.shape[2:]
            total = (
                self.from4(stride4)
                + functional.interpolate(self.from8(stride8), size)
                + functional.interpolate(self.from16(stride16), size)
            )
            return self.head_out(
                functional.relu(self.mix_norm(self.mix(functional.relu(self.head_norm(total)))))
            )

        def judge(self, x, kept):
            """Logits of the head, and the distance of each cell to the nearest that is kept, both at stride 4."""
            stages = self.stages(x)
            average = lambda map: functional.avg_pool2d(map, 3, 1, 1, count_include_pad=False)
            fine = average(stages[1])
            cells = torch.cat([fine, functional.interpolate(average(stages[2]), fine.shape[2:])], 1)
            cells = cells.flatten(2).transpose(1, 2).reshape(-1, kept.shape[1])
            distances = torch.cdist(cells, kept).min(1).values.reshape(len(x), 1, *fine.shape[2:])
            return self.head(*stages), functional.interpolate(distances, scale_factor=2)

    return Network()


# Our names that are not the others' names.
NAMES = {
    "network.projection.hidden": "hidden",
    "network.projection.norm": "norm",
    "network.projection.out": "out",
    "network.defect_head.norm": "head_norm",
    "network.defect_head.out": "head_out",
    "network.defect_head": "",
}
LEAVES = {"gamma": "weight", "beta": "bias"}


def theirs(name):
    for ours, other in NAMES.items():
        if name.startswith(ours + "."):
            name = f"{other}.{name[len(ours) + 1:]}".lstrip(".")
            break
    else:
        # network.encoder.<kind>.layer1.0.conv1.weight
        name = name.split(".", 2)[2]
        if not name.startswith(("conv1", "bn1", "layer")):
            name = name.split(".", 1)[1]
    path, leaf = name.rsplit(".", 1)
    return f"{path}.{LEAVES.get(leaf, leaf)}"


class Step:
    def __init__(self):
        import torch
        from safetensors.numpy import load_file

        self.torch = torch
        self.facts = json.loads((folder / "step.json").read_text())
        torch.set_num_threads(self.facts["threads"])
        torch.backends.cudnn.benchmark = True
        self.device = self.facts["device"]
        config = self.facts["config"]
        self.pretrain = config["pretrain"]
        self.network = network(torch, config["width"], config["projection"], config["head"])
        state = self.network.state_dict()
        given = {theirs(name): value for name, value in load_file(folder / "weights.safetensors").items()}
        for name, value in given.items():
            value = torch.from_numpy(value)
            # A linear layer has a row for each output here, for each input there.
            given[name] = value.T if name in ("hidden.weight", "out.weight") else value
        missing = {name for name in state if not name.endswith("num_batches_tracked")} ^ set(given)
        if missing:
            raise SystemExit(f"not in both networks: {sorted(missing)}")
        self.network.load_state_dict(given, strict=False)
        self.network.to(self.device)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=1.0, eps=1e-8, weight_decay=self.pretrain["weight_decay"]
        )
        batch, view, drawn = self.pretrain["batch"], self.facts["view"], self.facts["drawn"]
        self.views = numpy.concatenate([self.read("first"), self.read("second")]).reshape(2 * batch, 1, view, view)
        self.pictures = self.read("pictures").reshape(batch, 1, drawn, drawn)
        self.cells = self.read("cells").reshape(batch, 1, drawn // 4, drawn // 4)
        self.done = 0

    def read(self, name):
        return numpy.fromfile(folder / f"{name}.f32", dtype=numpy.float32)

    def rate(self):
        """Warm-up over a twentieth of the steps, then half a cosine."""
        peak, steps = self.pretrain["learning_rate"], self.pretrain["steps"]
        warm = max(steps // 20, 1)
        if self.done < warm:
            return peak * (self.done + 1) / warm
        return peak * 0.5 * (1 + math.cos(math.pi * (self.done - warm) / max(steps - warm, 1)))

    def __call__(self):
        torch, functional = self.torch, self.torch.nn.functional
        views, pictures, cells = (
            torch.tensor(values).to(self.device) for values in (self.views, self.pictures, self.cells)
        )
        half = self.pretrain["precision"] == "bf16"
        with torch.autocast(self.device.split(":")[0], dtype=torch.bfloat16, enabled=half):
            projected, logits = self.network.project(views), self.network.defects(pictures)
        logits = logits.float()
        z = functional.normalize(projected.float())
        rows = len(z)
        similarity = (z @ z.T / self.pretrain["temperature"]).fill_diagonal_(-1e9)
        positives = (torch.arange(rows, device=self.device) + rows // 2) % rows
        contrastive = functional.cross_entropy(similarity, positives)
        entropy = -(
            4.0 * cells * functional.logsigmoid(logits) + (1 - cells) * functional.logsigmoid(-logits)
        ).mean()
        probability = logits.sigmoid()
        dice = 1 - (2 * (probability * cells).sum() + 1) / (probability.sum() + cells.sum() + 1)
        loss = self.pretrain["contrastive_weight"] * contrastive + self.pretrain["synthetic_weight"] * (entropy + dice)
        self.optimiser.zero_grad()
        loss.backward()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        self.optimiser.step()
        self.done += 1
        loss = loss.item()
        if self.device != "cpu":
            torch.cuda.synchronize()
        return loss


class Judging:
    def __init__(self):
        import torch

        self.torch = torch
        facts = json.loads((folder / "judging.json").read_text())
        self.device, side = facts["device"], facts["side"]
        torch.backends.cudnn.benchmark = True
        self.network = network(torch, facts["width"], 64, facts["head"]).eval().to(self.device)
        rng = numpy.random.default_rng(1)
        draw = lambda *shape: rng.uniform(-1, 1, shape).astype(numpy.float32)
        self.pictures = draw(facts["batch"], 1, side, side)
        self.kept = torch.from_numpy(draw(facts["kept"], 6 * facts["width"])).to(self.device)

    def __call__(self):
        with self.torch.inference_mode():
            logits, distances = self.network.judge(self.torch.tensor(self.pictures).to(self.device), self.kept)
            return float(logits.cpu().max() + distances.cpu().max())


class Coreset:
    def __init__(self):
        facts = json.loads((folder / "coreset.json").read_text())
        rows = numpy.fromfile(folder / "rows.f32", dtype=numpy.float32)
        self.rows, self.kept = rows.reshape(-1, facts["dimensions"]), facts["kept"]

    def __call__(self):
        """Greedy k-centre from row 0 by |x|² − 2 x·c + |c|²: one product of the matrix and a row for each choice."""
        squares = numpy.einsum("ij,ij->i", self.rows, self.rows)
        nearest = numpy.full(len(self.rows), numpy.inf, dtype=numpy.float32)
        chosen, radius = 0, 0.0
        for _ in range(self.kept):
            distance = squares - 2 * (self.rows @ self.rows[chosen]) + squares[chosen]
            distance[chosen] = 0
            numpy.minimum(nearest, distance, out=nearest)
            chosen = int(nearest.argmax())
            radius = float(nearest[chosen])
        return radius


work = None
for word in map(str.strip, sys.stdin):
    started = time.perf_counter()
    if word == "open":
        work, value = Step(), 0.0
    elif word == "judging":
        work, value = Judging(), 0.0
    elif word == "coreset":
        if not isinstance(work, Coreset):
            work = Coreset()
            started = time.perf_counter()
        value = work()
    else:
        value = work()
    print(json.dumps({"millis": 1e3 * (time.perf_counter() - started), "loss": value}), flush=True)
