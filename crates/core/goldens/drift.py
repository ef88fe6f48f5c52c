"""Golden numbers for the drift monitor: the same martingale with plain lists instead of a tree.

Run: python3 crates/core/goldens/drift.py   (writes drift.json beside itself; seeded)
Made with Python 3.11, NumPy 2.4.6.
"""

import json
import math
from pathlib import Path

import numpy as np

WORD = (1 << 64) - 1
FALSE_ALARM_RATE = 0.001


def limit_of(scores: list, limit: float, confidence: float) -> float:
    """The (k+1)-th largest score, with the largest k for which P[Binomial(n, limit) <= k] <= 1 - confidence."""
    n, k, cdf = len(scores), -1, 0.0
    while True:
        cdf += math.comb(n, k + 1) * limit ** (k + 1) * (1 - limit) ** (n - k - 1)
        if cdf > 1 - confidence:
            return sorted(scores)[n - 1 - max(k, 0)]
        k += 1


def split_mix(state: int) -> int:
    z = (state + 0x9E3779B97F4A7C15) & WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return z ^ (z >> 31)


def seed_of(model: str) -> int:
    state = 0xCBF29CE484222325
    for byte in model.encode():
        state = ((state ^ byte) * 0x100000001B3) & WORD
    return split_mix(state)


def cell_of(score: float) -> int:
    """A step of a thousandth of an octave, 32 octaves on each side of zero."""
    if score == 0.0:
        return 0
    mantissa, exponent = math.frexp(abs(score))
    step = (exponent - 1 + 16) * 1024 + math.floor((2.0 * mantissa - 1.0) * 1024)
    step = min(max(step, 0), 32 * 1024 - 1)
    return step if score > 0.0 else -1 - step


def wealths(calibration: list, limit: float, model: str, scores: list) -> tuple[list, int | None]:
    """ln of the wealth after each score, and the index of the score since which scores look different."""
    seed = seed_of(model)
    pool = [cell_of(s) for s in calibration if s < limit]
    asleep, betting, lowest, since, seen, alarmed, logs = 1.0, [0.0, 0.0], math.inf, None, 0, False, []
    for index, score in enumerate(scores):
        if score < limit and not alarmed:
            wealth = asleep + sum(betting)
            if wealth <= lowest:
                lowest, since = wealth, index
            cell = cell_of(score)
            theta = (split_mix((seed + split_mix(seen)) & WORD) >> 11) / 2**53
            above, equal = sum(c > cell for c in pool), sum(c == cell for c in pool)
            p = (above + theta * (equal + 1)) / (len(pool) + 1)
            pool.append(cell)
            seen += 1
            waking = asleep / (4 * seen)
            asleep -= waking
            betting = [(b + waking / 2) * f for b, f in zip(betting, (1.5 - p, 0.5 + p))]
            alarmed = asleep + sum(betting) >= 1 / FALSE_ALARM_RATE
        logs.append(math.log(asleep + sum(betting)))
    return logs, since if alarmed else None


rng = np.random.default_rng(20)
cases = []
for model, count, steps, shift in [("quiet", 120, 0, 0.0), ("tied", 60, 2, 0.0), ("higher", 200, 0, 1.2), ("lower", 200, 4, -1.2)]:
    calibration, scores = rng.standard_normal(count), rng.standard_normal(260)
    scores[80:] += shift
    if steps:
        calibration, scores = np.round(calibration * steps) / steps, np.round(scores * steps) / steps
    calibration, scores = calibration.tolist(), scores.tolist()
    limit = limit_of(calibration, 0.05, 0.95)
    logs, since = wealths(calibration, limit, model, scores)
    assert (since is not None) == (shift != 0.0), model
    cases.append({"model": model, "calibration": calibration, "limit": limit, "scores": scores, "log_wealths": logs, "since": since})

out = Path(__file__).with_name("drift.json")
out.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
