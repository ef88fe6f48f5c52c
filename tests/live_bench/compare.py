"""anomalib's PatchCore on the pictures that `main.rs` leaves, and the tables of both.

Run: cargo bench --bench live -- time FOLDER 100
     python3 tests/live_bench/compare.py FOLDER     (needs anomalib with torch for the CPU)

The encoder is a ResNet-18 at full width on both sides, with random weights, which take as long as trained ones: nothing is
downloaded. The bank has as many vectors as Sightline's, the pictures are shown at the same size. Ratios mean something on
a quiet machine only.
"""

import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ["RICH_PROGRESS_BAR"] = "0"

import anomalib  # noqa: E402
import torch  # noqa: E402
from anomalib.data import PredictDataset  # noqa: E402
from anomalib.engine import Engine  # noqa: E402
from anomalib.models import Patchcore  # noqa: E402
from torchvision.transforms.v2 import Resize  # noqa: E402

# As a line has them.
SIDE, BANK = 256, 2000
# Stride 8, as Sightline's cells.
CELLS = (SIDE // 8) ** 2


def quantile(values, share):
    values = sorted(values)
    return values[max(0, -(-int(len(values) * share * 1000) // 1000) - 1)]


def run_anomalib(folder):
    good = len(list((folder / "good").iterdir()))
    model = Patchcore(
        backbone="resnet18",
        layers=("layer2", "layer3"),
        pre_trained=False,
        coreset_sampling_ratio=BANK / (good * CELLS),
        pre_processor=Patchcore.configure_pre_processor(image_size=(SIDE, SIDE)),
        evaluator=False,
        visualizer=False,
    )
    engine = Engine(
        accelerator="cpu", devices=1, logger=False, default_root_dir=folder / "anomalib",
        enable_progress_bar=False, enable_model_summary=False,
    )
    resize = Resize((SIDE, SIDE), antialias=True)

    def picture(path):
        return model.pre_processor.transform(PredictDataset(path=path, transform=resize)[0].image.unsqueeze(0))

    model.model.train()
    for path in sorted((folder / "good").iterdir()):
        model.model(picture(path))
    model.model.subsample_embedding(BANK / (good * CELLS))
    model.eval()
    kept = model.model.memory_bank.shape[0]

    def judge(path):
        return engine.predict(model, dataset=PredictDataset(path=path, transform=resize), return_predictions=True)

    judged = folder / "judged"
    judge(judged)
    began = time.perf_counter()
    count = len(judge_all := [item for batch in judge(judged) for item in batch.image_path])
    assert count == len(list(judged.iterdir())), judge_all
    rate = count / (time.perf_counter() - began)

    # One by one without the engine's start each time: the file is read, resized and shown to the model.
    times = []
    with torch.inference_mode():
        for path in sorted(judged.iterdir()):
            began = time.perf_counter()
            model.model(picture(path))
            times.append(1e3 * (time.perf_counter() - began))
    return kept, rate, [quantile(times, share) for share in (0.5, 0.95, 0.99)]


def three(values):
    return " / ".join(f"{value:.0f}" for value in values)


folder = Path(sys.argv[1])
ours = json.loads((folder / "sightline.json").read_text())
rows = ours["rows"]
torch.set_num_threads(int(os.environ.get("RAYON_NUM_THREADS", ours["processors"])))

print(f"{ours['processors']} threads. From the file's close to the stored record, p50 / p95 / p99 in milliseconds; “rest” is the")
print("same without the stage in which the network and the bank compute; it holds the 10 ms for which a closed file must be")
print("quiet. Work by stage is the median of parts that come alone.\n")
print("| parts | beside a learning run | timed | latency | rest | capture | judge | store | outputs | parts/s in a burst |")
print("|---|---|---|---|---|---|---|---|---|---|")
for row in rows:
    stages = " | ".join(f"{row['stages'][stage]:.1f}" for stage in ("capture", "judge", "store", "outputs"))
    beside = "yes" if row["beside_learning"] else "no"
    print(
        f"| {row['name']} | {beside} | {row['parts']} | {three(row['latency'])} | {three(row['rest'])} | {stages} "
        f"| {row['rate']:.1f} |"
    )

print("\nA learning run beside it, aim at most +20 %:\n")
for row in (row for row in rows if row["beside_learning"]):
    alone = next(other for other in rows if other["name"] == row["name"] and not other["beside_learning"])
    slower = [100 * (row["latency"][at] / alone["latency"][at] - 1) for at in (0, 2)]
    print(f"- {row['name']}: median {slower[0]:+.0f} %, p99 {slower[1]:+.0f} %")

row = next(row for row in rows if row["name"] == ours["compared"])
kept, rate, latency = run_anomalib(folder)
print(f"\nanomalib {anomalib.__version__}, PatchCore on torch {torch.__version__}, ResNet-18 at full width, {SIDE} × {SIDE} pixels,")
print(f"{kept} vectors kept; 1 MP JPEG parts in a folder:\n")
print("| | parts/s | p50 / p95 / p99, ms |\n|---|---|---|")
print(f"| anomalib | {rate:.1f} | {three(latency)} |")
print(f"| Sightline, to the stored record | {row['rate']:.1f} | {three(row['latency'])} |")
print(f"| ratio | {row['rate'] / rate:.2f} (aim ≥ 3) | {row['latency'][0] / latency[0]:.2f} at p50 (aim ≤ 0.33) |")

row = next(row for row in rows if row["name"] == "1 MP" and not row["beside_learning"])
print(f"\nEverything but the network for a 1 MP JPEG: {row['rest'][2]:.1f} ms at p99 (aim ≤ 5 ms).")
