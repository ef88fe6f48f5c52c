/**
 * Exactly these pixels of a picture, as a person paints them, and their runs as COCO counts them: down each column, first
 * outside, then inside, and so on, in COCO's compressed text. The host measures what comes from here.
 */
export type Bounds = { left: number; top: number; right: number; bottom: number };

export class PixelMask {
  readonly width: number;
  readonly height: number;
  /** A byte a pixel, row by row; 1 lies inside. */
  readonly data: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height);
  }

  static fromCounts(counts: string, width: number, height: number): PixelMask {
    const mask = new PixelMask(width, height);
    for (const [start, end] of insideOf(counts)) {
      for (let i = start; i < Math.min(end, mask.data.length); i += 1) mask.data[(i % height) * width + Math.floor(i / height)] = 1;
    }
    return mask;
  }

  toCounts(): string {
    const runs: number[] = [];
    let [last, length] = [0, 0];
    for (let x = 0; x < this.width; x += 1) {
      for (let i = x; i < this.data.length; i += this.width) {
        const value = this.data[i] ?? 0;
        if (value !== last) {
          runs.push(length);
          [last, length] = [value, 0];
        }
        length += 1;
      }
    }
    runs.push(length);
    return textOf(runs);
  }

  /** A round brush moved from one point to another; gives the pixels that may have changed. */
  stroke(from: { x: number; y: number }, to: { x: number; y: number }, radius: number, inside: boolean): Bounds {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const squared = dx * dx + dy * dy;
    const bounds = this.#within({
      left: Math.floor(Math.min(from.x, to.x) - radius),
      top: Math.floor(Math.min(from.y, to.y) - radius),
      right: Math.ceil(Math.max(from.x, to.x) + radius),
      bottom: Math.ceil(Math.max(from.y, to.y) + radius),
    });
    for (let y = bounds.top; y < bounds.bottom; y += 1) {
      for (let x = bounds.left; x < bounds.right; x += 1) {
        // Distance of the pixel's centre from the line between the points.
        const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y];
        const along = squared > 0 ? Math.max(0, Math.min(1, (px * dx + py * dy) / squared)) : 0;
        const [ox, oy] = [px - along * dx, py - along * dy];
        if (ox * ox + oy * oy <= radius * radius) this.data[y * this.width + x] = inside ? 1 : 0;
      }
    }
    return bounds;
  }

  contains(x: number, y: number): boolean {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return false;
    return this.data[row * this.width + column] === 1;
  }

  isEmpty(): boolean {
    return !this.data.includes(1);
  }

  #within(bounds: Bounds): Bounds {
    return {
      left: Math.max(0, bounds.left),
      top: Math.max(0, bounds.top),
      right: Math.min(this.width, bounds.right),
      bottom: Math.min(this.height, bounds.bottom),
    };
  }
}

/** Whether a pixel lies inside, without unfolding the mask: a picture of 20 megapixels may have many of them. */
export function isInside(counts: string, height: number, x: number, y: number): boolean {
  if (x < 0 || y < 0 || y >= height) return false;
  const at = Math.floor(x) * height + Math.floor(y);
  return insideOf(counts).some(([start, end]) => start <= at && at < end);
}

/** Ranges of pixels inside, counted down the columns; the end does not belong to them. */
export function insideOf(counts: string): [number, number][] {
  let at = 0;
  return runsOf(counts).flatMap((run, index): [number, number][] => {
    at += run;
    return index % 2 === 1 && run > 0 ? [[at - run, at]] : [];
  });
}

/** Runs of COCO's compressed text. */
export function runsOf(counts: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < counts.length; ) {
    let [value, shift, group] = [0, 0, 0x20];
    while (group & 0x20 && at < counts.length) {
      group = counts.charCodeAt(at) - 48;
      value |= (group & 0x1f) << shift;
      [at, shift] = [at + 1, shift + 5];
    }
    if (group & 0x10) value |= -1 << shift;
    runs.push(runs.length > 2 ? value + (runs.at(-2) ?? 0) : value);
  }
  return runs;
}

function textOf(runs: number[]): string {
  const letters: string[] = [];
  runs.forEach((run, index) => {
    let rest = index > 2 ? run - (runs[index - 2] ?? 0) : run;
    for (let more = true; more; ) {
      const low = rest & 0x1f;
      rest >>= 5;
      more = low & 0x10 ? rest !== -1 : rest !== 0;
      letters.push(String.fromCharCode(48 + (more ? low | 0x20 : low)));
    }
  });
  return letters.join("");
}
