"""Figures of interrupted grain, computed with OpenCV, SciPy and NumPy, for `src/grain/tests.rs`.

    pip install numpy scipy opencv-python-headless && python grain.py > grain.json

The pictures are drawn by a formula that the test draws them by, too.
"""

import json

import cv2
import numpy as np
from scipy.ndimage import uniform_filter1d

REFLECT = cv2.BORDER_REFLECT_101


def blurred(values, across, along=None):
    return cv2.GaussianBlur(values, (0, 0), sigmaX=across, sigmaY=along or across, borderType=REFLECT)


def picture(width, height, tilt, crack, beside=6):
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    across = x * np.cos(tilt) - y * np.sin(tilt)
    values = 110 + 18 * np.sin(across * 1.7) + 11 * np.sin(across * 0.61 + 1) + 6 * np.sin(x * 2.9 + y * 3.3)
    if crack:
        values = np.where((np.abs(x - width * 0.4) < 1.5) & (y > height * 0.2) & (y < height * 0.6), values - 45, values)
    beside = (x < beside) | (x >= width - beside - 2) | (y < beside - 1) | (y >= height - beside - 1)
    return np.clip(np.where(beside, 4, values), 0, 255).astype(np.float32)


def part_of(grey):
    bright = np.median(grey[grey > 0.3 * np.percentile(grey, 90)])
    mask = (blurred(grey, 1.5) > 0.3 * bright).astype(np.uint8)
    count, areas, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    mask = (areas == 1 + np.argmax(stats[1:, 4])).astype(np.uint8)
    count, areas, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    for area in range(1, count):
        left, top, width, height, _ = stats[area]
        if left > 0 and top > 0 and left + width < mask.shape[1] and top + height < mask.shape[0]:
            mask[areas == area] = 1
    return mask


def direction(grey, mask):
    even = blurred(grey / (blurred(grey, 8) + 1), 1)
    gx, gy = cv2.Sobel(even, cv2.CV_32F, 1, 0), cv2.Sobel(even, cv2.CV_32F, 0, 1)
    inner = cv2.erode(mask, np.ones((15, 15), np.uint8))
    inner = mask if inner.sum() < 500 else inner
    squares = gx * gx + gy * gy
    weight = inner * np.minimum(1, np.percentile(squares[inner > 0], 95) / (squares + 1e-9))
    return 0.5 * np.arctan2((2 * gx * gy * weight).sum(), ((gx * gx - gy * gy) * weight).sum())


def straight(grey):
    mask = part_of(grey)
    turn = direction(grey, mask)
    if abs(turn) > np.pi / 4:
        grey, mask = np.ascontiguousarray(np.rot90(grey)), np.ascontiguousarray(np.rot90(mask))
        turn = direction(grey, mask)
    if np.deg2rad(0.3) < abs(turn) < np.deg2rad(8):
        height, width = grey.shape
        about = cv2.getRotationMatrix2D((width / 2, height / 2), np.rad2deg(turn), 1)
        grey = cv2.warpAffine(grey, about, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mask = cv2.warpAffine(mask, about, (width, height), flags=cv2.INTER_NEAREST)
    return grey, mask


def line_kernel(degrees, length, sigma):
    reach = int(max(length / 2, 6 * sigma) + 2)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    angle = np.deg2rad(degrees)
    across, along = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    square = (across / sigma) ** 2
    kernel = -(1 - square) * np.exp(-square / 2) * np.exp(-np.abs(2 * along / length) ** 4)
    kernel -= kernel.mean()
    return (kernel / np.sqrt((kernel * kernel).sum())).astype(np.float32)


def column_medians(values, mask):
    return np.nan_to_num(np.nanmedian(np.where(mask > 0, values, np.nan), 0))


def dark_blobs(values, sigma):
    smooth = blurred(values, sigma)
    of = lambda kernel: cv2.filter2D(smooth, -1, np.float32(kernel), borderType=REFLECT) * sigma * sigma
    across, along = of([[1, -2, 1]]), of([[1], [-2], [1]])
    mixed = of(np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]) / 4)
    return np.maximum((across + along) / 2 - np.sqrt(((across - along) / 2) ** 2 + mixed * mixed), 0)


def figures(grey, scale):
    grey, mask = straight(grey)
    height = grey.shape[0]
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8)).astype(np.float32)
    light = blurred(grey * mask, 12 * scale) / (blurred(mask, 12 * scale) + 1e-3)
    even = np.clip((grey - light) / (light + 5), -1.5, 1.5) * mask
    rest = (even - column_medians(even, mask)) * mask
    spread = column_medians(np.abs(rest), mask)[None].astype(np.float32)
    strange = rest / (1.4826 * blurred(spread, 6 * scale) + 0.01)
    strange = (np.clip(strange, -12, 12) * mask).astype(np.float32)
    kernels = [line_kernel(angle, 14 * scale, max(0.9, 1.8 * scale)) for angle in (-15, -7.5, 0, 7.5, 15)]
    line = np.max([cv2.filter2D(strange, cv2.CV_32F, kernel, borderType=REFLECT) for kernel in kernels], 0) * mask

    def pair(length, wide):
        rows = int(round(length * scale))
        mean = uniform_filter1d(even, rows, axis=0, mode="nearest").astype(np.float32)
        at = lambda by: mean[np.clip(np.arange(height) + by, 0, height - 1)]
        fine = lambda values: values - blurred(values, 4 * scale)
        counts = np.zeros_like(mask)
        counts[rows + 2 : height - rows - 2] = 1
        counts *= cv2.erode(mask, np.ones((rows + 1, 3), np.uint8))
        window = lambda values: blurred(values, wide * scale, 2 * scale)
        return fine(at(-(rows // 2 + 2))), fine(at(rows // 2 + 2)), window, counts

    a, b, window, counts = pair(20, 16)
    wider = window(window(a * a + b * b))
    difference = window((a - b) ** 2) / (0.5 * wider + 1e-4) * counts
    a, b, window, counts = pair(10, 8)
    step = np.abs(np.log((window(a * a) + 2e-4) / (window(b * b) + 2e-4))) * counts
    a, b, window, counts = pair(20, 8)
    unlike = (1 - window(a * b) / np.sqrt(window(a * a) * window(b * b) + 1e-8)) * counts
    blob = dark_blobs(strange, 5 * scale) * mask

    def top(values, share):
        ordered = np.sort(values[mask > 0])
        return ordered[-max(1, int(len(ordered) * share)) :].mean()

    ordered = np.sort(difference[mask > 0])
    pooled = [top(line, 0.0003), ordered[int(len(ordered) * 0.95)], top(step, 0.01), top(unlike, 0.01), top(blob, 0.0003)]
    return np.log(np.maximum(pooled, 0) + 1e-3).tolist()


if __name__ == "__main__":
    cases = []
    for tilt, crack, quarter, beside in (
        (0.0, False, False, 6),
        (0.0, True, False, 6),
        (0.06, True, False, 6),
        (0.06, True, True, 6),
        (0.0, True, False, 22),
    ):
        drawn = picture(96, 80, tilt, crack, beside)
        shown = np.ascontiguousarray(np.rot90(drawn)) if quarter else drawn
        case = {"tilt": tilt, "crack": crack, "quarter": quarter, "beside": beside}
        cases.append(case | {"figures": [round(value, 4) for value in figures(shown, 192 / 288)]})
    print(json.dumps({"width": 96, "height": 80, "side": 192, "cases": cases}, indent=1))
