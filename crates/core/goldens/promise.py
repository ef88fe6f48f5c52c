"""Golden numbers for the false-reject promise, from SciPy's binomial distribution.

Run: python3 crates/core/goldens/promise.py   (writes promise.json beside itself; no random numbers)
Made with Python 3.11, NumPy 2.4.6, SciPy 1.17.1.
"""

import json
from pathlib import Path

import numpy as np
from scipy.stats import binom


def allowed_beyond(parts: int, limit: float, confidence: float) -> int | None:
    """The largest k < parts with P[Binomial(parts, limit) <= k] <= 1 - confidence."""
    delta = 1.0 - confidence
    cdf = binom.cdf(np.arange(parts), parts, limit)
    # A case that rounding could decide is no golden number.
    assert np.abs(cdf - delta).min() > 1e-9, (parts, limit, confidence)
    fitting = np.flatnonzero(cdf <= delta)
    return int(fitting[-1]) if len(fitting) else None


PARTS = [1, 2, 5, 10, 21, 22, 28, 29, 44, 45, 58, 59, 92, 93, 100, 181, 298, 299, 472, 473, 500, 627, 628, 1000, 2995, 5000]
grid = [
    {"parts": n, "false_reject_limit": a, "confidence": c, "allowed": allowed_beyond(n, a, c)}
    for n in PARTS
    for a in [0.001, 0.01, 0.02, 0.05, 0.1, 0.25]
    for c in [0.8, 0.9, 0.95, 0.99]
]

# A limit at the (k+1)-th largest of n uniform scores lets more than a of good parts through exactly when at most k of
# the n scores lie above the true (1 - a) quantile.
broken = []
for n, a, c in [(300, 0.01, 0.95), (473, 0.01, 0.95), (100, 0.05, 0.95), (60, 0.1, 0.9)]:
    k = allowed_beyond(n, a, c)
    probability = float(binom.cdf(k, n, a))
    broken.append({"parts": n, "false_reject_limit": a, "confidence": c, "probability": probability})


def lines(rows: list) -> str:
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"


out = Path(__file__).with_name("promise.json")
out.write_text(f'{{"allowed_beyond": {lines(grid)},\n"broken_promises": {lines(broken)}}}\n')
