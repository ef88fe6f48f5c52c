/** Boxes and polygons under the pointer: handles to drag, and which mark lies there. */
import type { MarkView, ShapeView } from "$lib/bridge";
import { isInside } from "$lib/mask";

export type At = { x: number; y: number };
export type Size = { width: number; height: number };
/** A corner that can be dragged: of a box by its number clockwise, of a polygon by ring and point. */
export type Handle = At & { ring: number; point: number };

export function handlesOf(shape: ShapeView): Handle[] {
  if (shape.kind === "box") {
    const { left, top, right, bottom } = shape;
    const corners = [[left, top], [right, top], [right, bottom], [left, bottom]] as const;
    return corners.map(([x, y], point) => ({ x, y, ring: 0, point }));
  }
  if (shape.kind === "mask") return [];
  return shape.rings.flatMap((flat, ring) => pairs(flat).map((at, point) => ({ ...at, ring, point })));
}

/** The shape with one corner at another place. A box whose corner is dragged over another one turns round. */
export function dragged(shape: ShapeView, handle: Handle, to: At): ShapeView {
  if (shape.kind === "box") {
    const [isRight, isBottom] = [handle.point === 1 || handle.point === 2, handle.point >= 2];
    return boxOf({ x: isRight ? shape.left : shape.right, y: isBottom ? shape.top : shape.bottom }, to);
  }
  if (shape.kind === "mask") return shape;
  const rings = shape.rings.map((flat, ring) => {
    if (ring !== handle.ring) return flat;
    return flat.map((value, i) => (i === 2 * handle.point ? to.x : i === 2 * handle.point + 1 ? to.y : value));
  });
  return { kind: "polygon", rings };
}

export function boxOf(a: At, b: At): ShapeView {
  return { kind: "box", left: Math.min(a.x, b.x), top: Math.min(a.y, b.y), right: Math.max(a.x, b.x), bottom: Math.max(a.y, b.y) };
}

/** Whether the host would take it for an area; a click without a drag is none. */
export function isArea(shape: ShapeView): boolean {
  if (shape.kind === "box") return shape.right > shape.left && shape.bottom > shape.top;
  return shape.kind === "mask" || (shape.rings.length > 0 && shape.rings.every((flat) => flat.length >= 6));
}

/** The topmost mark at a point of a picture of this size. */
export function markAt(marks: MarkView[], at: At, size: Size): number | null {
  for (let i = marks.length - 1; i >= 0; i -= 1) {
    const mark = marks[i];
    if (mark && inside(mark.shape, at, size)) return i;
  }
  return null;
}

function inside(shape: ShapeView, at: At, size: Size): boolean {
  if (shape.kind === "mask") return at.x < size.width && isInside(shape.counts, size.height, at.x, at.y);
  if (shape.kind === "box") return at.x >= shape.left && at.x < shape.right && at.y >= shape.top && at.y < shape.bottom;
  return shape.rings.some((flat) => {
    const points = pairs(flat);
    let odd = false;
    points.forEach((a, i) => {
      const b = points[(i + 1) % points.length] ?? a;
      if (a.y <= at.y !== b.y <= at.y && at.x < a.x + ((at.y - a.y) / (b.y - a.y)) * (b.x - a.x)) odd = !odd;
    });
    return odd;
  });
}

/** Within the picture. */
export function clamped({ x, y }: At, size: Size): At {
  return { x: Math.max(0, Math.min(size.width, x)), y: Math.max(0, Math.min(size.height, y)) };
}

export function pairs(flat: number[]): At[] {
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, i) => ({ x: flat[2 * i] ?? 0, y: flat[2 * i + 1] ?? 0 }));
}
