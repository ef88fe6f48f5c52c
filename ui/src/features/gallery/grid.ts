/** Where tiles of a grid lie, so that only those in sight are drawn: smooth at a hundred thousand parts. */
export const TILE = { width: 190, height: 196 };
/** Rows drawn above and below what is seen. */
const SPARE_ROWS = 2;

export type Grid = { columns: number; rows: number; height: number; first: number; last: number };

/** The grid of `total` tiles in a window of this width and height, scrolled down by `top` pixels; `last` is exclusive. */
export function gridOf(total: number, width: number, height: number, top: number): Grid {
  const columns = Math.max(1, Math.floor(width / TILE.width));
  const rows = Math.ceil(total / columns);
  const firstRow = Math.max(0, Math.floor(top / TILE.height) - SPARE_ROWS);
  const lastRow = Math.min(rows, Math.ceil((top + height) / TILE.height) + SPARE_ROWS);
  return { columns, rows, height: rows * TILE.height, first: Math.min(total, firstRow * columns), last: Math.min(total, lastRow * columns) };
}

/** How far to scroll so that the tile at this place is seen whole; `top` itself where it is. */
export function scrollFor(place: number, columns: number, height: number, top: number): number {
  const tile = Math.floor(place / columns) * TILE.height;
  if (tile < top) return tile;
  return tile + TILE.height > top + height ? tile + TILE.height - height : top;
}
