"""onnxruntime and faiss at what `forward.rs` times, on the files that it writes.

Run: cargo bench --bench forward -- time FOLDER > FOLDER/sightline.json
     python3 crates/model/benches/forward.py FOLDER     (needs numpy, onnxruntime, faiss-cpu)

Prints a table of milliseconds and ratios; below 1 Sightline is faster. Least of many runs on both sides, the same number
of threads: RAYON_NUM_THREADS bounds Sightline's, and is taken over here. Ratios mean something on a quiet machine only.
"""

import json
import os
import sys
import time
from pathlib import Path

import faiss
import numpy
import onnxruntime


def millis(work):
    work()
    started, least, runs = time.perf_counter(), float("inf"), 0
    while runs < 5 or (time.perf_counter() - started < 3 and runs < 100):
        run = time.perf_counter()
        work()
        least = min(least, 1e3 * (time.perf_counter() - run))
        runs += 1
    return least


folder = Path(sys.argv[1])
ours = json.loads((folder / "sightline.json").read_text())
threads = int(os.environ.get("RAYON_NUM_THREADS", ours["processors"]))
rng = numpy.random.default_rng(1)

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
print(f"{threads} threads, onnxruntime {onnxruntime.__version__}, faiss {faiss.__version__}; least of many runs.\n")
print("| forward: width, side, batch | onnxruntime ms | graph ms | ratio | Burn ms | ratio |\n|---|---|---|---|---|---|")
for row in ours["forward"]:
    file = folder / f"resnet18-{row['width']}-{row['side']}.onnx"
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    pictures = rng.uniform(-1, 1, (row["batch"], 1, row["side"], row["side"])).astype(numpy.float32)
    theirs = millis(lambda: session.run(None, {"pictures": pictures}))
    graph, burn = row["graph_millis"], row["burn_millis"]
    name = f"{row['width']}, {row['side']}, {row['batch']}"
    print(f"| {name} | {theirs:.1f} | {graph:.1f} | {graph / theirs:.2f} | {burn:.1f} | {burn / theirs:.2f} |")

faiss.omp_set_num_threads(threads)
print("\n| bank: cells × kept × dimensions | faiss flat ms | bank ms | ratio |\n|---|---|---|---|")
for row in ours["bank"]:
    cells, kept, dimensions = row["cells"], row["kept"], row["dimensions"]
    index = faiss.IndexFlatL2(dimensions)
    index.add(rng.uniform(-1, 1, (kept, dimensions)).astype(numpy.float32))
    queries = rng.uniform(-1, 1, (cells, dimensions)).astype(numpy.float32)
    theirs = millis(lambda: index.search(queries, 1))
    print(f"| {cells} × {kept} × {dimensions} | {theirs:.1f} | {row['millis']:.1f} | {row['millis'] / theirs:.2f} |")
