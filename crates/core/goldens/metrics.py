"""Golden numbers for the measures in src/metrics: scikit-learn for parts, plain NumPy with SciPy's components for PRO.

Run: python3 crates/core/goldens/metrics.py   (writes metrics.json beside itself; seeded)
Made with Python 3.11, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.
"""

import json
from pathlib import Path

import numpy as np
from scipy.ndimage import label
from sklearn.metrics import average_precision_score, roc_auc_score

RATES = [0.0, 0.01, 0.02, 0.05, 0.1, 0.29, 0.5, 1.0]
rng = np.random.default_rng(20210607)


def detection_rate(scores, is_defect, rate):
    """Tries every limit that good scores offer, and one below all of them."""
    good, defect = scores[~is_defect], scores[is_defect]
    limits = [t for t in [-np.inf, *good] if np.mean(good > t) <= rate]
    return float(np.mean(defect > min(limits)))


def parts(name, scores, is_defect):
    scores, is_defect = np.asarray(scores, float), np.asarray(is_defect, bool)
    both = is_defect.any() and not is_defect.all()
    return {
        "name": name,
        "scores": scores.tolist(),
        "is_defect": is_defect.tolist(),
        "auroc": float(roc_auc_score(is_defect, scores)) if both else None,
        "average_precision": float(average_precision_score(is_defect, scores)) if both else None,
        "detection": [(r, detection_rate(scores, is_defect, r) if both else None) for r in RATES],
    }


def random_parts(name, good, defect, shift, decimals):
    scores = np.concatenate([rng.normal(0, 1, good), rng.normal(shift, 1.5, defect)]).round(decimals)
    order = rng.permutation(good + defect)
    return parts(name, scores[order], (np.arange(good + defect) >= good)[order])


def pixel_numbers(maps):
    """PRO by its definition: one threshold after the other, one region after the other."""
    scores = np.concatenate([s.ravel() for s, _ in maps])
    truth = np.concatenate([m.ravel() for _, m in maps])
    if not truth.any() or truth.all():
        return None, None
    regions = []
    for s, m in maps:
        labels, count = label(m, structure=np.ones((3, 3)))
        regions += [s[labels == i] for i in range(1, count + 1)]
    fpr, pro = [0.0], [0.0]
    for t in np.unique(scores)[::-1]:
        fpr.append(np.mean(scores[~truth] >= t))
        pro.append(np.mean([np.mean(r >= t) for r in regions]))
    fpr, pro = np.array(fpr), np.array(pro)
    inside = fpr < 0.3
    # Where several thresholds have the same share of good pixels, the segment that leaves it starts at the last one.
    last = np.flatnonzero(inside)[-1]
    at_limit = pro[last] + (pro[last + 1] - pro[last]) * (0.3 - fpr[last]) / (fpr[last + 1] - fpr[last])
    area = np.trapezoid(np.append(pro[inside], at_limit), np.append(fpr[inside], 0.3))
    return float(roc_auc_score(truth, scores)), float(area / 0.3)


def pixels(name, maps):
    maps = [(np.asarray(s, np.float32), np.asarray(m, bool)) for s, m in maps]
    auroc, pro = pixel_numbers(maps)
    return {
        "name": name,
        "maps": [
            {
                "width": s.shape[1],
                "height": s.shape[0],
                "scores": [float(str(v)) for v in s.ravel()],
                "mask": "".join(".#"[v] for v in m.ravel().astype(int)),
            }
            for s, m in maps
        ],
        "auroc": auroc,
        "pro": pro,
    }


def random_map(height, width, boxes, shift, decimals):
    """Boxes are (top, left, bottom, right); the defect's scores are raised by `shift`."""
    mask = np.zeros((height, width), bool)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = True
    scores = rng.normal(1, 0.5, (height, width)) + shift * mask
    return scores.round(decimals), mask


def drawing(*rows):
    return np.array([[c == "#" for c in row] for row in rows])


diagonal = drawing("#....", ".#...", "..#..", ".....", "....#")
rising = np.arange(25, dtype=float).reshape(5, 5)

goldens = {
    "parts": [
        parts("perfect", [0, 1, 2, 3], [0, 0, 1, 1]),
        parts("reversed", [3, 2, 1, 0], [0, 0, 1, 1]),
        parts("all tied", [1, 1, 1, 1, 1], [0, 1, 0, 1, 1]),
        parts("one of each", [0.5, 0.25], [0, 1]),
        parts("one of each, tied", [0.5, 0.5], [0, 1]),
        parts("only good", [1, 2, 3], [0, 0, 0]),
        parts("only defects", [1, 2, 3], [1, 1, 1]),
        parts("no parts", [], []),
        parts("negative and large", [-5, 1e9, -1e-9, 0, 3], [0, 1, 1, 0, 1]),
        random_parts("random, distinct", 150, 40, 1.5, 12),
        random_parts("random, tied", 200, 60, 1.0, 1),
        random_parts("random, heavily tied", 100, 100, 0.5, 0),
        random_parts("random, few good", 12, 90, 1.0, 3),
        random_parts("random, hopeless", 100, 30, 0.0, 2),
    ],
    "pixels": [
        pixels("perfect", [([[0, 0, 1, 1]], [[0, 0, 1, 1]])]),
        pixels("all tied", [([[1, 1, 1, 1]], [[0, 0, 1, 1]])]),
        pixels("no defect", [([[1, 2, 3]], [[0, 0, 0]])]),
        pixels("nothing but defect", [([[1, 2, 3]], [[1, 1, 1]])]),
        pixels("corners join", [(rising, diagonal)]),
        pixels("corners join, reversed", [(-rising, diagonal)]),
        pixels("large and small region", [random_map(24, 20, [(2, 2, 14, 12), (20, 17, 22, 19)], 0.8, 4)]),
        pixels(
            "many maps, tied",
            [
                random_map(16, 16, [(0, 0, 3, 16), (15, 15, 16, 16)], 0.7, 1),
                random_map(16, 16, [], 0, 1),
                random_map(10, 24, [(4, 4, 8, 8), (8, 8, 9, 9), (0, 20, 5, 24)], 0.3, 1),
                random_map(16, 16, [], 0, 1),
            ],
        ),
        pixels("heavily tied", [random_map(20, 20, [(3, 3, 9, 9), (12, 2, 15, 18)], 0.6, 0)]),
        pixels("negative scores", [(s - 3, m) for s, m in [random_map(16, 16, [(2, 2, 5, 9)], 1.0, 2)]]),
    ],
}


def lines(rows):
    return "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]"


out = Path(__file__).with_name("metrics.json")
out.write_text(f'{{"parts": {lines(goldens["parts"])},\n"pixels": {lines(goldens["pixels"])}}}\n')
