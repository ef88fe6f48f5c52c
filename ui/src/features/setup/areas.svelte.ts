/** Drawing the rectangle that is looked at and the areas that are never judged, by mouse and by keys alike. */
import type { RegionView } from "$lib/bridge";

/** Across and down, as fractions of the picture. */
export type Point = [number, number];
export type Areas = { region: RegionView | null; ignore: Point[][] };
export type Tool = "region" | "rectangle" | "outline";

/** As many as the line's settings take. */
export const MOST_AREAS = 64;
export const MOST_CORNERS = 200;

/** A corner this near the first one closes an outline. */
const NEAR = 0.02;
/** A rectangle must be this large each way: a slip of the hand is none. */
const SMALLEST = 0.01;
const STEPS = 100;

export class AreaDrawing {
  tool = $state<Tool>("region");
  /** Corners of what is being drawn. */
  corners = $state.raw<Point[]>([]);
  /** Where the next corner would be. */
  cursor = $state.raw<Point>([0.5, 0.5]);
  #past = $state.raw<Areas[]>([]);
  #read: () => Areas;
  #write: (areas: Areas) => void;

  constructor(read: () => Areas, write: (areas: Areas) => void) {
    this.#read = read;
    this.#write = write;
  }

  readonly canUndo = $derived.by(() => this.corners.length > 0 || this.#past.length > 0);
  /** The outline so far can be closed. */
  readonly canClose = $derived.by(() => this.tool === "outline" && this.corners.length >= 3);
  readonly full = $derived.by(() => this.tool !== "region" && this.#read().ignore.length >= MOST_AREAS);

  choose(tool: Tool): void {
    [this.tool, this.corners] = [tool, []];
  }

  point(at: Point): void {
    this.cursor = [within(at[0]), within(at[1])];
  }

  /** Moves the cursor by hundredths of the picture. */
  move(across: number, down: number): void {
    // Whole steps, so that keys come back to where they were.
    const step = (from: number, by: number) => Math.round(from * STEPS + by) / STEPS;
    this.point([step(this.cursor[0], across), step(this.cursor[1], down)]);
  }

  /** Sets a corner where the cursor is. A second corner ends a rectangle; the first one again ends an outline. */
  place(): void {
    if (this.full) return;
    const [first] = this.corners;
    if (this.tool === "outline") {
      if (this.canClose && first && near(first, this.cursor)) return this.close();
      if (this.corners.length < MOST_CORNERS) this.corners = [...this.corners, this.cursor];
      return;
    }
    if (!first) {
      this.corners = [this.cursor];
      return;
    }
    const region = between(first, this.cursor);
    if (region.right - region.left < SMALLEST || region.bottom - region.top < SMALLEST) return;
    this.corners = [];
    if (this.tool === "region") return this.#change({ ...this.#read(), region });
    const { left, top, right, bottom } = region;
    this.#ignore([
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ]);
  }

  /** Ends an outline with a side from its last corner to its first. */
  close(): void {
    if (!this.canClose) return;
    const corners = this.corners;
    this.corners = [];
    this.#ignore(corners);
  }

  cancel(): void {
    this.corners = [];
  }

  /** Takes back the last corner of what is being drawn, or else the last change. */
  undo(): void {
    if (this.corners.length > 0) {
      this.corners = this.corners.slice(0, -1);
      return;
    }
    const before = this.#past.at(-1);
    if (!before) return;
    this.#past = this.#past.slice(0, -1);
    this.#write(before);
  }

  remove(index: number): void {
    const areas = this.#read();
    if (index in areas.ignore) this.#change({ ...areas, ignore: areas.ignore.filter((_, i) => i !== index) });
  }

  /** Removes the area drawn last of those that the cursor lies in. */
  removeHere(): void {
    this.remove(this.#read().ignore.findLastIndex((corners) => contains(corners, this.cursor)));
  }

  wholePicture(): void {
    if (this.#read().region !== null) this.#change({ ...this.#read(), region: null });
  }

  #ignore(corners: Point[]): void {
    const areas = this.#read();
    this.#change({ ...areas, ignore: [...areas.ignore, corners] });
  }

  #change(areas: Areas): void {
    this.#past = [...this.#past, this.#read()];
    this.#write(areas);
  }
}

/** The rectangle between two corners, in whatever order they were set. */
export function between([x, y]: Point, [toX, toY]: Point): RegionView {
  return { left: Math.min(x, toX), top: Math.min(y, toY), right: Math.max(x, toX), bottom: Math.max(y, toY) };
}

/** Whether a point lies inside, by the even-odd rule. */
export function contains(corners: Point[], [x, y]: Point): boolean {
  const crossings = corners.filter(([fromX, fromY], i) => {
    const [toX, toY] = corners[(i + 1) % corners.length] ?? [fromX, fromY];
    return fromY <= y !== toY <= y && fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX) <= x;
  });
  return crossings.length % 2 === 1;
}

function within(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function near(a: Point, b: Point): boolean {
  return Math.hypot(a[0] - b[0], a[1] - b[1]) <= NEAR;
}
