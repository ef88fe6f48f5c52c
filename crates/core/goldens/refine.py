"""Rough areas refined by OpenCV's grabCut, for the tests of crates/core/src/label/refine.

python3 -m venv v && v/bin/pip install opencv-python-headless numpy && v/bin/python refine.py > refine.json
With PICTURES MASKS, two folders with the same file names, it takes those instead of drawing its own.
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np

draw = np.random.default_rng(20261126)


def runs(inside):
    """COCO's uncompressed runs, counted one by one down the columns."""
    found, last, length = [], False, 0
    for value in inside.T.reshape(-1).tolist():
        if value != last:
            found.append(length)
            last, length = value, 0
        length += 1
    found.append(length)
    return found


def surface(height, width, strength):
    """Brushed grain under light that falls off."""
    y, x = np.mgrid[:height, :width]
    grain = cv2.GaussianBlur(draw.normal(0, 1, (height, width)), (0, 0), sigmaX=3, sigmaY=0.5)
    return 120 + 0.2 * x - 0.1 * y + strength * grain / grain.std()


def shape(kind, height, width):
    inside = np.zeros((height, width), np.uint8)
    at = (int(width * 0.45), int(height * 0.55))
    if kind == "pit":
        cv2.ellipse(inside, at, (9, 6), 30, 0, 360, 1, -1)
    elif kind == "scratch":
        cv2.line(inside, (12, 14), (50, 44), 1, 3)
    elif kind == "stain":
        for _ in range(6):
            cv2.circle(inside, (at[0] + int(draw.integers(-9, 10)), at[1] + int(draw.integers(-7, 8))), 6, 1, -1)
    else:
        cv2.circle(inside, at, 13, 1, -1)
        cv2.circle(inside, at, 6, 0, -1)
    return inside.astype(bool)


def drawn():
    for kind in ("pit", "scratch", "stain", "ring"):
        for colour, contrast, strength in ((False, -60, 6), (False, 45, 9), (True, 0, 6)):
            inside = shape(kind, 64, 72)
            grey = surface(64, 72, strength)
            soft = cv2.GaussianBlur(inside.astype(float), (0, 0), 0.7)
            if colour:
                change = np.array([-50.0, -20.0, 35.0])
                picture = grey[..., None] + soft[..., None] * change + draw.normal(0, 2, (64, 72, 3))
            else:
                picture = grey + soft * contrast
            yield kind, picture.round().clip(0, 255).astype(np.uint8), inside


def files(pictures, masks):
    for path in sorted(Path(pictures).iterdir()):
        inside = cv2.imread(str(next(Path(masks).glob(path.stem + ".*"))), cv2.IMREAD_GRAYSCALE) > 0
        yield path.stem, cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), inside


def around(inside):
    """A box with room, as a person draws it, and a stroke that is too wide here and too narrow there."""
    rows, columns = np.where(inside)
    room = max(3, int(0.15 * max(np.ptp(rows), np.ptp(columns))))
    box = np.zeros_like(inside)
    box[max(0, rows.min() - room) : rows.max() + room + 1, max(0, columns.min() - room) : columns.max() + room + 1] = True
    stroke = np.zeros(inside.shape, np.uint8)
    grown = cv2.dilate(inside.astype(np.uint8), np.ones((5, 5), np.uint8))
    middle = int(np.median(columns))
    stroke[:, :middle] = grown[:, :middle]
    shifted = np.roll(grown, 2, axis=0) & cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8))
    stroke[:, middle:] = shifted[:, middle:]
    return (box, False), (stroke.astype(bool), True)


def grab_cut(picture, rough, beyond):
    """OpenCV's answer for the same window of background and the same cells that may belong to the area."""
    rows, columns = np.where(rough)
    side = max(np.ptp(rows), np.ptp(columns)) + 1
    reach = max(side // 4, 4) if beyond else 0
    margin = reach + max(side // 2, 16)
    window = np.s_[
        max(0, rows.min() - margin) : rows.max() + margin + 1, max(0, columns.min() - margin) : columns.max() + margin + 1
    ]
    part = rough[window]
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = (x * x + y * y <= reach * reach).astype(np.uint8)
    allowed = cv2.dilate(part.astype(np.uint8), disc) > 0
    labels = np.where(part, cv2.GC_PR_FGD, np.where(allowed, cv2.GC_PR_BGD, cv2.GC_BGD)).astype(np.uint8)
    seen = picture[window]
    seen = seen if seen.ndim == 3 else cv2.cvtColor(seen, cv2.COLOR_GRAY2BGR)
    cv2.setRNGSeed(1)
    cv2.grabCut(seen, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    found = np.zeros_like(rough)
    found[window] = (labels & 1) == 1
    return found


def cases():
    for name, picture, inside in files(*sys.argv[1:3]) if len(sys.argv) > 2 else drawn():
        yield {
            "name": name,
            "width": picture.shape[1],
            "height": picture.shape[0],
            "samples": picture.tobytes().hex(),
            "truth": runs(inside),
            "tries": [
                {"rough": runs(rough), "beyond": beyond, "opencv": runs(grab_cut(picture, rough, beyond))}
                for rough, beyond in around(inside)
            ],
        }


print(json.dumps(list(cases()), separators=(",", ":")))
