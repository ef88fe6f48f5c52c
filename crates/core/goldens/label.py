"""Masks and polygons as pycocotools and NumPy see them, for the tests of crates/core/src/label.

python3 -m venv v && v/bin/pip install pycocotools numpy && v/bin/python label.py > label.json
"""

import json

import numpy as np
from pycocotools import mask as coco

draw = np.random.default_rng(20261124)


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


def masks():
    for index in range(30):
        height, width = draw.integers(1, 40, 2)
        inside = draw.random((height, width)) < draw.random()
        if index == 0:
            inside[:] = False
        if index == 1:
            inside[:] = True
        if index % 3 == 2:
            # Areas instead of speckles: longer runs, more groups of bits.
            height, width = 64, 51
            y, x = np.mgrid[:height, :width]
            inside = (x - 25) ** 2 + (y - draw.integers(5, 60)) ** 2 < draw.integers(2, 24) ** 2
        encoded = coco.encode(np.asfortranarray(inside.astype(np.uint8)))
        yield {
            "width": int(inside.shape[1]),
            "height": int(inside.shape[0]),
            "rows": "".join("01"[int(v)] for v in inside.reshape(-1)),
            "counts": encoded["counts"].decode(),
            "area": int(coco.area(encoded)),
            "bbox": [float(v) for v in coco.toBbox(encoded)],
        }


def inside_ring(points, width, height):
    """Even-odd rule at each pixel's centre, along the column, over all edges at once."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    odd = np.zeros((height, width), bool)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0)):
        meets = (x0 <= x) != (x1 <= x)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = y0 + (x - x0) / (x1 - x0) * (y1 - y0)
        odd ^= meets & (at <= y)
    return odd


def polygons():
    for index in range(40):
        width, height = (int(v) for v in draw.integers(8, 60, 2))
        rings = []
        for _ in range(draw.integers(1, 4)):
            count = int(draw.integers(3, 12))
            points = draw.random((count, 2)) * [width * 1.4, height * 1.4] - [width * 0.2, height * 0.2]
            if index % 2 == 0:
                # In order around the middle: no crossings with itself, and inside the picture as pycocotools wants it.
                angles = np.sort(draw.random(count)) * 2 * np.pi
                reach = draw.random((count, 1)) * 0.3 + 0.2
                points = np.stack([np.cos(angles), np.sin(angles)], 1) * reach * [width, height] + [width / 2, height / 2]
            if index % 4 == 1:
                points = np.clip(np.round(points), 0, [width, height])
            points = np.clip(points, 0, [width, height])
            rings.append(np.round(points, 3))
        whole = np.zeros((height, width), bool)
        for ring in rings:
            whole |= inside_ring(ring, width, height)
        flat = [[float(v) for v in ring.reshape(-1)] for ring in rings]
        merged = coco.merge(coco.frPyObjects(flat, height, width))
        yield {
            "width": width,
            "height": height,
            "rings": flat,
            "centres": runs(whole),
            # What crosses itself has parts thinner than a pixel, where the two may differ anywhere.
            "coco": merged["counts"].decode() if index % 2 == 0 else None,
        }


print("{\"masks\": [")
print(",\n".join(json.dumps(golden) for golden in masks()))
print("], \"polygons\": [")
print(",\n".join(json.dumps(golden) for golden in polygons()))
print("]}")
