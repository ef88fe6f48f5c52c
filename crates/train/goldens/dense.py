"""Golden numbers for the dense term (DenseCL, arXiv 2011.09157, equation 2), computed by PyTorch in f64.

Run: python3 crates/train/goldens/dense.py   (writes dense.json beside itself; seeded)
Made with Python 3.11, PyTorch 2.15.0.

Each case: `query` and `key` hold a cell a row, `dim` values before normalisation; row i of both shows the same place of
picture `pictures[i]`. Its negatives are the keys of all other pictures' cells. The loss is the mean over all rows of
-log(exp(q·k / t) / (exp(q·k / t) + Σ exp(q·n / t))); gradients are with respect to `query` and `key`.
"""

import json
from pathlib import Path

import torch

torch.manual_seed(201109157)
torch.set_default_dtype(torch.float64)


def dense_loss(query, key, pictures, temperature):
    """In loops over rows, as the equation reads."""
    query, key = (torch.nn.functional.normalize(x, dim=1) for x in (query, key))
    terms = []
    for row, picture in enumerate(pictures):
        others = [key[i] for i, other in enumerate(pictures) if other != picture]
        logits = torch.stack([query[row] @ key[row], *(query[row] @ other for other in others)]) / temperature
        terms.append(torch.logsumexp(logits, 0) - logits[0])
    return torch.stack(terms).mean()


def few_digits(values):
    return (values * 4096).round() / 4096


def digits(values):
    return [float(f"{v:.9g}") for v in values.flatten().tolist()]


cases = []
for pictures, dim, temperature in [([0, 0, 0, 1, 1, 1, 2, 2, 2], 8, 0.2), ([0, 1, 1, 3, 3, 3, 3], 12, 0.1)]:
    rows = len(pictures)
    query = few_digits(torch.randn(rows, dim) * torch.empty(rows, 1).uniform_(0.5, 2)).requires_grad_(True)
    key = few_digits(query.detach() + 0.8 * torch.randn(rows, dim)).requires_grad_(True)
    loss = dense_loss(query, key, pictures, temperature)
    loss.backward()
    assert torch.autograd.gradcheck(lambda q, k: dense_loss(q, k, pictures, temperature), (query, key))
    cases.append(
        {
            "dim": dim,
            "temperature": temperature,
            "pictures": pictures,
            "query": query.flatten().tolist(),
            "key": key.flatten().tolist(),
            "loss": float(f"{loss.item():.9g}"),
            "query_gradient": digits(query.grad),
            "key_gradient": digits(key.grad),
        }
    )

lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
Path(__file__).with_name("dense.json").write_text('{"cases": [\n' + lines + "\n]}\n")
