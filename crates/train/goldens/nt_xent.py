"""Golden numbers for NT-Xent (Chen et al. 2020, arXiv 2002.05709): loss and gradient, computed by PyTorch in f64.

Run: python3 crates/train/goldens/nt_xent.py   (writes nt_xent.json beside itself; seeded)
Made with Python 3.11, PyTorch 2.15.0.

Each case: `z` holds 2·batch rows of `dim` projections before normalisation; row i's positive is row (i + batch) mod 2·batch.
The loss is the mean over all rows of -log(exp(s_ip) / Σ_{j≠i} exp(s_ij)), s = normalised z · normalised zᵀ / temperature.
`gradient` is that of the loss with respect to `z`.
"""

import json
import math
from pathlib import Path

import torch


def nt_xent(z: torch.Tensor, temperature: float) -> torch.Tensor:
    rows = len(z)
    unit = torch.nn.functional.normalize(z, dim=1)
    similarity = unit @ unit.T / temperature
    similarity = similarity.masked_fill(torch.eye(rows, dtype=torch.bool), -math.inf)
    return torch.nn.functional.cross_entropy(similarity, torch.arange(rows).roll(rows // 2))


def by_the_formula(z: list, temperature: float) -> float:
    """The same in plain Python loops, against a mistake in the masking or the pairing above."""
    rows = len(z)
    unit = [[x / math.sqrt(sum(y * y for y in row)) for x in row] for row in z]
    s = [[math.exp(sum(a * b for a, b in zip(p, q)) / temperature) for q in unit] for p in unit]
    terms = [-math.log(s[i][(i + rows // 2) % rows] / sum(s[i][j] for j in range(rows) if j != i)) for i in range(rows)]
    return sum(terms) / rows


def digits(values: torch.Tensor) -> list:
    return [float(f"{v:.9g}") for v in values.flatten().tolist()]


torch.manual_seed(20020705)
cases = []
for batch, dim in [(4, 8), (16, 32)]:
    first = torch.randn(batch, dim, dtype=torch.float64)
    second = first + 0.7 * torch.randn(batch, dim, dtype=torch.float64)
    # Rows of different length, so that the gradient of the normalisation is seen; few digits, so that f32 can hold them.
    z = torch.cat([first, second]) * torch.empty(2 * batch, 1, dtype=torch.float64).uniform_(0.5, 2.0)
    z = (z * 4096).round() / 4096
    for temperature in [0.2, 0.07]:
        z.requires_grad_(True)
        z.grad = None
        loss = nt_xent(z, temperature)
        loss.backward()
        assert abs(loss.item() - by_the_formula(z.tolist(), temperature)) < 1e-12
        assert torch.autograd.gradcheck(lambda x: nt_xent(x, temperature), z)
        cases.append(
            {
                "batch": batch,
                "dim": dim,
                "temperature": temperature,
                "z": z.flatten().tolist(),
                "loss": float(f"{loss.item():.9g}"),
                "gradient": digits(z.grad),
            }
        )

rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
Path(__file__).with_name("nt_xent.json").write_text('{"cases": [\n' + rows + "\n]}\n")
