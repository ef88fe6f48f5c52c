"""Golden numbers for shrunk covariances, Mahalanobis distances and whitened distances.

Run: python3 crates/train/goldens/covariance.py   (writes covariance.json beside itself; seeded)
Made with Python 3.11, NumPy 2.4.6, scikit-learn 1.9.1.

Each case: `points` rows of `dim` values. `shrinkage` and `location` are scikit-learn's LedoitWolf; `mahalanobis` are
distances of `queries` by its covariance with 0.01 on the diagonal (as PaDiM adds, arXiv 2011.08785), inverted by NumPy.
`whitened` are distances of each query to the nearest of the first five points after ZCA whitening by the same
covariance (its symmetric inverse root, from NumPy's eigenvectors). All points are multiples of 1/1024, which single
precision holds exactly.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.covariance import LedoitWolf

RIDGE = 0.01


def rounded(values: np.ndarray) -> np.ndarray:
    return (values * 1024).round() / 1024


def case(name: str, points: np.ndarray, queries: np.ndarray) -> dict:
    points, queries = rounded(points), rounded(queries)
    fit = LedoitWolf().fit(points)
    covariance = fit.covariance_ + RIDGE * np.eye(points.shape[1])
    away = queries - fit.location_
    mahalanobis = np.sqrt(np.einsum("qi,ij,qj->q", away, np.linalg.inv(covariance), away))
    values, vectors = np.linalg.eigh(covariance)
    zca = vectors @ np.diag(values**-0.5) @ vectors.T
    apart = (queries[:, None] - points[None, :5]) @ zca
    whitened = np.sqrt((apart**2).sum(2)).min(1)
    return {
        "name": name,
        "dim": points.shape[1],
        "points": points.flatten().tolist(),
        "queries": queries.flatten().tolist(),
        "shrinkage": fit.shrinkage_,
        "location": fit.location_.tolist(),
        "mahalanobis": mahalanobis.tolist(),
        "whitened": whitened.tolist(),
    }


rng = np.random.default_rng(11)
mixing = rng.normal(0, 1, (12, 12))
cases = [
    case("more cells than dimensions", rng.normal(0, 1, (300, 12)) @ mixing, rng.normal(0, 3, (8, 12))),
    case("fewer cells than dimensions", rng.normal(2, 1, (7, 12)) @ mixing, rng.normal(0, 3, (8, 12))),
    case("a dimension that never changes", np.c_[rng.normal(0, 1, (40, 3)), np.full(40, 1.5)], rng.normal(0, 1, (8, 4))),
    case("far from the origin", rng.normal(30, 1, (60, 5)), rng.normal(30, 2, (8, 5))),
]
rows = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
Path(__file__).with_name("covariance.json").write_text('{"cases": [\n' + rows + "\n]}\n")
