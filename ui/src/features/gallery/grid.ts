/** Where tiles of a grid lie, so that only those in sight are drawn: smooth at a hundred thousand parts. */
export const TILE = { width: 190, height: 196 };
/** A tile that also says why it is in its list: two lines more. */
export const TILE_WITH_REASON = { width: TILE.width, height: TILE.height + 44 };
/** Rows drawn above and below what is seen. */
const SPARE_ROWS = 2;

export type Grid = { columns: number; rows: number; height: number; first: number; last: number };

/** The grid of `total` tiles in a window of this width and height, scrolled down by `top` pixels; `last` is exclusive. */
export function gridOf(total: number, width: number, height: number, top: number, tile = TILE): Grid {
  const columns = Math.max(1, Math.floor(width / tile.width));
  const rows = Math.ceil(total / columns);
  const firstRow = Math.max(0, Math.floor(top / tile.height) - SPARE_ROWS);
  const lastRow = Math.min(rows, Math.ceil((top + height) / tile.height) + SPARE_ROWS);
  return { columns, rows, height: rows * tile.height, first: Math.min(total, firstRow * columns), last: Math.min(total, lastRow * columns) };
}

/** How far to scroll so that the tile at this place is seen whole; `top` itself where it is. */
export function scrollFor(place: number, columns: number, height: number, top: number, tile = TILE): number {
  const upper = Math.floor(place / columns) * tile.height;
  if (upper < top) return upper;
  return upper + tile.height > top + height ? upper + tile.height - height : top;
}
