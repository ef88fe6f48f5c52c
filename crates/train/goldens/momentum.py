"""Golden numbers for the momentum encoder (He et al. 2020, arXiv 1911.05722, equation 2), computed by PyTorch in f64.

Run: python3 crates/train/goldens/momentum.py   (writes momentum.json beside itself; seeded)
Made with Python 3.11, PyTorch 2.15.0.

A linear layer of 3 to 4 (`weight` is stored as 3 rows of 4, that is transposed) with batch norm behind it is the leader.
At each step it sees `inputs[step]` (8 rows), which moves its running statistics by 0.1 (biased variance, as Sightline
keeps it), then `shifts[step]` is added to its weight. The key encoder starts as a copy and follows with
`momentum`: weight and running statistics alike, θk ← m·θk + (1 − m)·θq, with
m = min(1 − (1 − start)·(cos(π·step / steps) + 1) / 2, (1 + step) / (10 + step)).
"""

import json
import math
from pathlib import Path

import torch

START, STEPS, ROWS = 0.9, 6, 8
torch.manual_seed(191105722)
torch.set_default_dtype(torch.float64)


def few_digits(values: torch.Tensor) -> torch.Tensor:
    return (values * 1024).round() / 1024


def digits(values: torch.Tensor) -> list:
    return [float(f"{v:.9g}") for v in values.flatten().tolist()]


weight = few_digits(torch.randn(3, 4))
inputs = [few_digits(torch.randn(ROWS, 3)) for _ in range(STEPS)]
shifts = [few_digits(0.3 * torch.randn(3, 4)) for _ in range(STEPS)]
leader = {"weight": weight.clone(), "mean": torch.zeros(4), "variance": torch.ones(4)}
key = {name: value.clone() for name, value in leader.items()}
after = []
for step in range(STEPS):
    hidden = inputs[step] @ leader["weight"]
    leader["mean"] = torch.lerp(leader["mean"], hidden.mean(0), 0.1)
    leader["variance"] = torch.lerp(leader["variance"], hidden.var(0, unbiased=False), 0.1)
    leader["weight"] = leader["weight"] + shifts[step]
    m = min(1 - (1 - START) * (math.cos(math.pi * step / STEPS) + 1) / 2, (1 + step) / (10 + step))
    for name in key:
        key[name].mul_(m).add_(leader[name], alpha=1 - m)
    after.append({"momentum": m, **{name: digits(value) for name, value in key.items()}})

content = {
    "start": START,
    "steps": STEPS,
    "weight": digits(weight),
    "inputs": [digits(x) for x in inputs],
    "shifts": [digits(x) for x in shifts],
    "after": after,
}
Path(__file__).with_name("momentum.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
