"""Golden numbers for MoCo's loss (He et al. 2020, arXiv 1911.05722, equation 1), computed by PyTorch in f64.

Run: python3 crates/train/goldens/moco.py   (writes moco.json beside itself; seeded)
Made with Python 3.11, PyTorch 2.15.0.

Each case: `query` and `key` are `rows` rows of `dim` values before normalisation, row i of both shows part `parts[i]`;
`queue` holds earlier keys before normalisation, which show `queue_parts`. The loss of a row is
-log(exp(q·k / t) / (exp(q·k / t) + Σ exp(q·n / t))) over the keys n of the queue that show another part.
The gradients are those of the mean loss with respect to `query` and `key`.
"""

import json
import math
from pathlib import Path

import torch

torch.manual_seed(191105722)
torch.set_default_dtype(torch.float64)


def info_nce(query, key, parts, queue, queue_parts, temperature):
    query, key, queue = (torch.nn.functional.normalize(x, dim=1) for x in (query, key, queue))
    own = torch.tensor(parts)[:, None] == torch.tensor(queue_parts, dtype=torch.long)[None]
    others = (query @ queue.T / temperature).masked_fill(own, -math.inf)
    logits = torch.cat([(query * key).sum(1, keepdim=True) / temperature, others], 1)
    return torch.nn.functional.cross_entropy(logits, torch.zeros(len(query), dtype=torch.long), reduction="none")


def by_the_formula(query, key, parts, queue, queue_parts, temperature) -> list:
    """The same in plain Python loops, against a mistake in the masking above."""

    def similarity(a, b):
        dot = sum(x * y for x, y in zip(a, b))
        return dot / math.sqrt(sum(x * x for x in a)) / math.sqrt(sum(x * x for x in b)) / temperature

    losses = []
    for q, k, part in zip(query, key, parts):
        positive = math.exp(similarity(q, k))
        negative = sum(math.exp(similarity(q, n)) for n, held in zip(queue, queue_parts) if held != part)
        losses.append(-math.log(positive / (positive + negative)))
    return losses


def few_digits(values):
    return (values * 4096).round() / 4096


def digits(values):
    return [float(f"{v:.9g}") for v in values.flatten().tolist()]


cases = []
for rows, dim, held, temperature in [(4, 8, 12, 0.2), (6, 16, 40, 0.07), (3, 8, 0, 0.2)]:
    query = few_digits(torch.randn(rows, dim) * torch.empty(rows, 1).uniform_(0.5, 2)).requires_grad_(True)
    key = few_digits(query.detach() + 0.8 * torch.randn(rows, dim)).requires_grad_(True)
    queue = few_digits(torch.randn(held, dim))
    parts = list(range(rows))
    queue_parts = torch.randint(0, 2 * rows, (held,)).tolist()
    given = (parts, queue, queue_parts, temperature)
    losses = info_nce(query, key, *given)
    losses.mean().backward()
    expected = by_the_formula(query.tolist(), key.tolist(), parts, queue.tolist(), queue_parts, temperature)
    assert all(abs(a - b) < 1e-12 for a, b in zip(losses.tolist(), expected))
    if held:
        assert any(part in parts for part in queue_parts), "the mask is not seen"
    cases.append(
        {
            "rows": rows,
            "dim": dim,
            "temperature": temperature,
            "query": query.flatten().tolist(),
            "key": key.flatten().tolist(),
            "parts": parts,
            "queue": queue.flatten().tolist(),
            "queue_parts": queue_parts,
            "losses": digits(losses),
            "query_gradient": digits(query.grad),
            "key_gradient": digits(key.grad),
        }
    )

lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
Path(__file__).with_name("moco.json").write_text('{"cases": [\n' + lines + "\n]}\n")
