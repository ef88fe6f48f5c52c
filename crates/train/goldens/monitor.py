"""Golden numbers for the collapse monitor: alignment and uniformity (Wang & Isola 2020, arXiv 2005.10242) and the
per-dimension standard deviation, computed by PyTorch in f64.

Run: python3 crates/train/goldens/monitor.py   (writes monitor.json beside itself; seeded)
Made with Python 3.11, PyTorch 2.15.0.

Each case: `first` and `second` are rows of `dim` projections of two views, before normalisation. `alignment` and
`uniformity` are the paper's own code (appendix A, alpha = 2, t = 2) on normalised rows, uniformity as the mean over both
views. `spread` is the mean over dimensions of the standard deviation (biased) of all normalised rows, times √dim.
"""

import json
import math
from pathlib import Path

import torch

torch.manual_seed(200510242)
torch.set_default_dtype(torch.float64)


def align_loss(x, y, alpha=2):
    return (x - y).norm(p=2, dim=1).pow(alpha).mean()


def uniform_loss(x, t=2):
    return torch.pdist(x, p=2).pow(2).mul(-t).exp().mean().log()


def few_digits(values):
    return (values * 4096).round() / 4096


cases = []
for rows, dim, noise in [(8, 16, 0.3), (5, 4, 2.0)]:
    first = few_digits(torch.randn(rows, dim) * torch.empty(rows, 1).uniform_(0.5, 2))
    second = few_digits(first + noise * torch.randn(rows, dim))
    x, y = (torch.nn.functional.normalize(z, dim=1) for z in (first, second))
    cases.append(
        {
            "dim": dim,
            "first": first.flatten().tolist(),
            "second": second.flatten().tolist(),
            "alignment": align_loss(x, y).item(),
            "uniformity": (uniform_loss(x).item() + uniform_loss(y).item()) / 2,
            "spread": torch.cat([x, y]).std(0, unbiased=False).mean().item() * math.sqrt(dim),
        }
    )

lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
Path(__file__).with_name("monitor.json").write_text('{"cases": [\n' + lines + "\n]}\n")
