"""anomalib's PatchCore at what the live bench times: pictures of a folder → score and map of each.

Run: cargo bench --bench live -- time FOLDER PARTS > FOLDER/sightline.json
     python3 tests/live_bench/anomalib_folder.py FOLDER     (needs anomalib)

Prints JSON. A ResNet-18 of full width with weights at random, as many vectors in the memory bank as Sightline's line of the
same width has, drawn from the same good parts, the same number of threads. The folder goes through `Engine.predict`, in
batches of 1 and of 8; one by one the model is called without the engine, which is faster. Starting Python, loading the model
and filling the bank are not counted, and no picture of a map is drawn.
"""

import json
import logging
import sys
import time
import warnings
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path

import torch
from anomalib.data import PredictDataset
from anomalib.engine import Engine
from anomalib.models import Patchcore
from torch.utils.data import DataLoader

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

BATCHES = (1, 8)
WARM_UP = 3

folder = Path(sys.argv[1])
ours = json.loads((folder / "sightline.json").read_text())
(row,) = (row for row in ours["rows"] if row["model"]["width"] == 64 and row["device"] == "cpu")
torch.set_num_threads(row["threads"] or ours["processors"])
torch.manual_seed(1)

width, height = row["model"]["judged"]
model = Patchcore(
    backbone="resnet18",
    layers=("layer2", "layer3"),
    pre_trained=False,
    pre_processor=Patchcore.configure_pre_processor(image_size=(height, width)),
    evaluator=False,
    visualizer=False,
).eval()
network = model.model


def cells(picture):
    with torch.inference_mode():
        network.train()
        network.feature_extractor.eval()
        return network(model.pre_processor.transform(picture[None]))


good = PredictDataset(folder / "good")
found = torch.vstack([cells(good[index].image) for index in range(len(good))])
network.embedding_store.clear()
network.memory_bank = found[torch.randperm(len(found))[: row["model"]["bank"]]].clone()
model.eval()

pictures = PredictDataset(folder / "jpegs")
rates = {}
with redirect_stdout(sys.stderr):
    engine = Engine(accelerator="cpu", logger=False, default_root_dir=folder / "anomalib", enable_progress_bar=False)
    for batch in BATCHES:
        # The first run starts threads and fills caches.
        for _ in range(2):
            loader = DataLoader(pictures, batch_size=batch, collate_fn=pictures.collate_fn)
            began = time.perf_counter()
            told = engine.predict(model, dataloaders=loader)
            rates[batch] = len(pictures) / (time.perf_counter() - began)
        assert sum(len(batch.pred_score) for batch in told) == len(pictures)

latencies = []
with torch.inference_mode():
    for index in range(WARM_UP + len(pictures)):
        began = time.perf_counter()
        model(pictures[index % len(pictures)].image[None])
        latencies.append(1e3 * (time.perf_counter() - began))

print(
    json.dumps(
        {
            "version": version("anomalib"),
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "pictures": len(pictures),
            "bank": list(network.memory_bank.shape),
            "rates": rates,
            "latency": latencies[WARM_UP:],
        }
    )
)
