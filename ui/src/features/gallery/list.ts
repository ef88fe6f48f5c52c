/** Parts in an order, as the grid shows them and the label editor walks along them. */
import type { GalleryItem, ReasonView } from "$lib/bridge";

/** All parts, or one of the three lists of what a label would teach. */
export type ListName = "all" | LessonName;
export const LESSONS = ["next", "check", "alike"] as const;
export type LessonName = (typeof LESSONS)[number];

export interface PartList {
  /** Null until it is known. */
  readonly total: number | null;
  /** Place of the cursor. */
  at: number;
  item(place: number): GalleryItem | null;
  /** Why the part at a place is in the list; null where that needs no words. */
  reason(place: number): ReasonView | null;
  /** The part at a place, read where it must be; null where there is none. */
  part(place: number): Promise<GalleryItem | null>;
  /** Makes sure that these places can be shown. */
  need(first: number, last: number): void;
}
