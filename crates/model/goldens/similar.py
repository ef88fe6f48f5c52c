"""Golden numbers for finding what looks alike: scikit-learn's exact cosine neighbours, and recall counted from them.

Run: python3 crates/model/goldens/similar.py   (writes similar.json beside itself; seeded)
Made with Python 3.11, NumPy 2.4.6, scikit-learn 1.9.1.

`vectors` are rows of `dim` values of length one in single precision, of several kinds. `neighbours` are the 10 others
with the largest cosine to each, best first. `recall` is the mean over all vectors of found of the same kind /
min(10, others of the kind); `precision` of found of the same kind / 10; `chance` is the mean recall of 10 others drawn at
random, from 20,000 draws, which is exact to about 0.005.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

COUNT = 10
rng = np.random.default_rng(8)
sizes = {"pit": 30, "scratch": 7, "stain": 14, "chip": 60}
kinds = np.array([kind for kind, size in sizes.items() for _ in range(size)])
centres = {kind: rng.normal(0, 1, 12) for kind in sizes}
vectors = np.array([centres[kind] + rng.normal(0, 1.5, 12) for kind in kinds])
order = rng.permutation(len(kinds))
kinds, vectors = kinds[order], vectors[order]
vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

search = NearestNeighbors(n_neighbors=COUNT, metric="cosine", algorithm="brute").fit(vectors.astype(np.float64))
neighbours = search.kneighbors(return_distance=False)
same = (kinds[neighbours] == kinds[:, None]).sum(1)
others = np.array([sizes[kind] - 1 for kind in kinds])
draws = []
for _ in range(20_000 // len(kinds)):
    for query in range(len(kinds)):
        drawn = rng.choice(np.delete(np.arange(len(kinds)), query), COUNT, replace=False)
        draws.append((kinds[drawn] == kinds[query]).sum() / min(COUNT, others[query]))

goldens = {
    "dim": 12,
    "kinds": kinds.tolist(),
    "vectors": [float(f"{v:.9g}") for v in vectors.ravel()],
    "neighbours": neighbours.tolist(),
    "precision": float((same / COUNT).mean()),
    "recall": float((same / np.minimum(COUNT, others)).mean()),
    "chance": float(np.mean(draws)),
}
Path(__file__).with_name("similar.json").write_text(json.dumps(goldens, separators=(",", ":")) + "\n")
print(goldens["precision"], goldens["recall"], goldens["chance"])
