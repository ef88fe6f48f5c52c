"""Golden shifts for src/align/correlate.rs: scikit-image's phase_cross_correlation on pictures moved by known amounts.

Run: python3 crates/image/goldens/align.py   (writes align.json beside itself; seeded)
Made with Python 3.11, NumPy 2.4.6, scikit-image 0.26.0.
"""

import json
from pathlib import Path

import numpy as np
from skimage.registration import phase_cross_correlation

SIDE = 128
rng = np.random.default_rng(20260124)


def picture(waves, by):
    """A sum of waves that repeat within the picture, moved by rows and columns: exact at any fraction of a pixel."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)
    total = np.zeros((SIDE, SIDE))
    for down, across, amplitude, phase in waves:
        total += amplitude * np.cos(2 * np.pi * (down * (y - by[0]) + across * (x - by[1])) / SIDE + phase)
    return total


def some_waves(count, most, amplitude):
    frequency = lambda: int(rng.integers(-most, most + 1))
    return [
        [frequency(), frequency(), round(float(amplitude * rng.random()), 3), round(float(2 * np.pi * rng.random()), 3)]
        for _ in range(count)
    ]


def case(by, noisy):
    """`noisy` waves of any frequency are on the moved picture alone, and do not move."""
    waves, noise = some_waves(400, 60, 1.0), some_waves(noisy, 60, 0.3)
    part, moved = picture(waves, (0, 0)), picture(waves, by) + picture(noise, (0, 0))
    # In double precision there is next to nothing at frequencies without a wave; in single there is rounding.
    part, moved = part.astype(np.float32), moved.astype(np.float32)
    shift, _, _ = phase_cross_correlation(part, moved, upsample_factor=20, normalization="phase")
    return {"waves": waves, "noise": noise, "by": list(by), "shift": [float(v) for v in shift]}


cases = [
    case((0, 0), 0),
    case((3, -5), 0),
    case((-2.35, 4.6), 0),
    case((15.15, 0.4), 0),
    case((-1.75, -13.2), 40),
    case((2.5, -2.05), 80),
]
Path(__file__).with_suffix(".json").write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")
