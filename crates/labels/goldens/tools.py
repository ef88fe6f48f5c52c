"""Label files as the real tools write them, and the pixels that NumPy and pycocotools see in them.

python3 -m venv v && v/bin/pip install pycocotools labelme lxml pillow && v/bin/pip install --no-deps labelImg
v/bin/python tools.py            # writes coco.json, labelme/, voc/, yolo/, masks/ and expected.json
v/bin/python tools.py check DIR  # reads what the test `what_we_write_stays_the_same` keeps in written/
"""

import base64
import io
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as rle
from pycocotools.coco import COCO

HERE = Path(__file__).parent
WIDTH, HEIGHT = 64, 48


def areas():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ring = ((x - 30) ** 2 + (y - 20) ** 2 < 144) & ((x - 30) ** 2 + (y - 20) ** 2 > 36)
    two = (x < 9) & (y < 7) | (x > 55) & (y > 40)
    return ring, two


def counts(inside):
    return rle.encode(np.asfortranarray(inside.astype(np.uint8)))["counts"].decode()


def plain(inside):
    found, last, length = [], False, 0
    for value in inside.T.reshape(-1).tolist():
        if value != last:
            found.append(length)
            last, length = value, 0
        length += 1
    return found + [length]


def rectangle(left, top, right, bottom):
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[top:bottom, left:right] = True
    return inside


def write():
    ring, two = areas()
    polygon = [5.0, 5.0, 21.0, 5.0, 21.0, 17.0, 5.0, 17.0]
    expected = {}

    def annotation(id, category, segmentation, inside, crowd=0):
        code = rle.encode(np.asfortranarray(inside.astype(np.uint8)))
        return {"id": id, "image_id": 7, "category_id": category, "segmentation": segmentation, "iscrowd": crowd,
                "area": float(rle.area(code)), "bbox": [float(v) for v in rle.toBbox(code)]}

    coco = {
        "info": {"year": 2026}, "licenses": [],
        "images": [{"id": 7, "file_name": "camera 1/ring.png", "width": WIDTH, "height": HEIGHT, "license": 1},
                   {"id": 9, "file_name": "nobody-looked.png", "width": 8, "height": 8}],
        "categories": [{"id": 3, "name": "scratch", "supercategory": "defect"}, {"id": 1, "name": "划痕"}],
        "annotations": [
            annotation(1, 3, {"counts": counts(ring), "size": [HEIGHT, WIDTH]}, ring),
            annotation(2, 1, {"counts": plain(two), "size": [HEIGHT, WIDTH]}, two, crowd=1),
            annotation(3, 3, [polygon, [30.0, 30.0, 40.0, 30.0, 40.0, 40.0, 30.0, 40.0]],
                       rectangle(5, 5, 21, 17) | rectangle(30, 30, 40, 40)),
            annotation(4, 1, [], rectangle(2, 3, 12, 9)),
        ],
    }
    (HERE / "coco.json").write_text(json.dumps(coco, ensure_ascii=False, indent=1))
    expected["coco"] = [["scratch", counts(ring)], ["划痕", counts(two)],
                        ["scratch", counts(rectangle(5, 5, 21, 17) | rectangle(30, 30, 40, 40))],
                        ["划痕", counts(rectangle(2, 3, 12, 9))]]

    from labelme._label_file import write_label_file
    from labelme.utils import img_arr_to_b64

    def shape(label, points, kind, mask=None, group=None):
        return {"label": label, "points": points, "group_id": group, "description": "", "shape_type": kind, "flags": {},
                "mask": mask}

    (HERE / "labelme").mkdir(exist_ok=True)
    cut = ring[9:32, 19:42]
    write_label_file(str(HERE / "labelme/ring.json"), image_path="..\\camera\\ring.png", image_height=HEIGHT,
                     image_width=WIDTH, flags={"night shift": True}, shapes=[
        shape("scratch", [[19, 9], [41, 31]], "mask", img_arr_to_b64(cut.astype(np.uint8))),
        shape("划痕", [[12.0, 9.0], [2.0, 3.0]], "rectangle"),
        shape("scratch", [[5.0, 5.0], [21.0, 5.0], [21.0, 17.0], [5.0, 17.0]], "polygon", group=4),
        shape("scratch", [[30.0, 30.0], [40.0, 30.0], [40.0, 40.0], [30.0, 40.0]], "polygon", group=4),
        shape("__ignore__", [[50.0, 0.0], [64.0, 0.0], [64.0, 10.0], [50.0, 10.0]], "polygon"),
    ])
    assert ring.sum() == cut.sum()
    expected["labelme"] = [["scratch", counts(ring)], ["划痕", counts(rectangle(2, 3, 12, 9))],
                           ["scratch", counts(rectangle(5, 5, 21, 17) | rectangle(30, 30, 40, 40))],
                           ["__ignore__", counts(rectangle(50, 0, 64, 10))]]

    from libs.pascal_voc_io import PascalVocWriter
    from libs.yolo_io import YOLOWriter

    for name in ["voc", "yolo"]:
        (HERE / name).mkdir(exist_ok=True)
    voc = PascalVocWriter("camera", "ring.png", (HEIGHT, WIDTH, 3), local_img_path="/camera/ring.png")
    voc.add_bnd_box(3, 4, 12, 9, "scratch", False)
    voc.add_bnd_box(1, 1, 64, 48, "a & b", True)
    voc.save(str(HERE / "voc/ring.xml"))
    empty = PascalVocWriter("camera", "plate.png", (30, 40, 3))
    empty.save(str(HERE / "voc/plate.xml"))
    expected["voc"] = [["scratch", counts(rectangle(2, 3, 12, 9))], ["a & b", counts(rectangle(0, 0, 64, 48))]]
    yolo = YOLOWriter("camera", "ring.png", (HEIGHT, WIDTH, 3))
    yolo.add_bnd_box(2, 3, 12, 9, "scratch", False)
    yolo.add_bnd_box(0, 0, 64, 48, "pit", False)
    yolo.save(target_file=str(HERE / "yolo/ring.txt"))
    (HERE / "yolo/plate.txt").write_text("")
    expected["yolo"] = [["scratch", counts(rectangle(2, 3, 12, 9))], ["pit", counts(rectangle(0, 0, 64, 48))]]

    for folder, name, inside in [("scratch", "ring_mask.png", ring), ("pit", "ring.png", two)]:
        (HERE / "masks" / folder).mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(inside.astype(np.uint8) * 255).convert("1" if folder == "pit" else "L")
        picture.save(HERE / "masks" / folder / name)
    expected["masks"] = [["pit", counts(two)], ["scratch", counts(ring)]]
    (HERE / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1))


def check(folder):
    """Each tool must see, in what Sightline wrote, the pixels that Sightline means (`pixels.json` beside it)."""
    meant = [rle.decode({"size": [HEIGHT, WIDTH], "counts": text.encode()}).astype(bool)
             for text in json.loads((folder / "pixels.json").read_text())]
    box, polygon, mask, ignored = meant
    for name in ["coco.json", "coco-plain.json"]:
        coco = COCO(str(folder / name))
        found = coco.loadAnns(coco.getAnnIds())
        assert [coco.loadCats(a["category_id"])[0]["name"] for a in found] == ["scratch", "scratch", "划痕", "__ignore__"]
        for annotation, inside in zip(found, meant):
            left, top, width, height = (round(v) for v in annotation["bbox"])
            rows, columns = np.nonzero(inside)
            assert (left, top) == (columns.min(), rows.min()), annotation
            assert (width, height) == (np.ptp(columns) + 1, np.ptp(rows) + 1), annotation
            assert annotation["area"] == inside.sum()
            if annotation["segmentation"]:
                assert (coco.annToMask(annotation).astype(bool) == inside).all(), annotation
    from labelme import utils
    from labelme._label_file import LabelFile, read_label_file

    raw = json.loads((folder / "labelme/ring.json").read_text())
    blank = io.BytesIO()
    Image.new("L", (WIDTH, HEIGHT)).save(blank, "PNG")
    raw["imageData"] = base64.b64encode(blank.getvalue()).decode()
    copy = folder / "with-picture.json"
    copy.write_text(json.dumps(raw))
    shapes = read_label_file(str(copy)).shapes
    copy.unlink()
    assert [s["label"] for s in shapes] == ["scratch", "scratch", "scratch", "划痕", "__ignore__"]
    assert shapes[1]["group_id"] == shapes[2]["group_id"] is not None
    (x1, y1), (x2, y2) = np.asarray(shapes[3]["points"]).astype(int)
    inside = np.zeros_like(mask)
    inside[y1:y2 + 1, x1:x2 + 1] = shapes[3]["mask"]
    assert (inside == mask).all()
    assert utils.shape_to_mask((HEIGHT, WIDTH), shapes[0]["points"], "rectangle")[box].all()

    from libs.pascal_voc_io import PascalVocReader

    found = PascalVocReader(str(folder / "voc/ring.xml")).get_shapes()
    assert [s[0] for s in found] == ["scratch", "__ignore__"]
    columns, rows = np.nonzero(box)[1], np.nonzero(box)[0]
    # VOC counts from 1.
    assert found[0][1][0] == (columns.min() + 1, rows.min() + 1) and found[0][1][2] == (columns.max() + 1, rows.max() + 1)
    print("all tools see what is meant")


if __name__ == "__main__":
    check(Path(sys.argv[2])) if sys.argv[1:2] == ["check"] else write()
