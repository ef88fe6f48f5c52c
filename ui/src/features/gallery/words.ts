/** Which message names which filter and label. Whole keys, so that the catalogue check sees every use. */
import type { LabelFilter, TagView } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";

export const LABEL_FILTERS: Record<LabelFilter, PlainKey> = {
  any: "gallery.label.any",
  unlabelled: "gallery.label.unlabelled",
  labelled: "gallery.label.labelled",
  good: "gallery.label.good",
  defect: "gallery.label.defect",
  unchecked: "gallery.label.unchecked",
};

export function tagWord(tag: TagView | null): PlainKey | null {
  if (tag === null) return null;
  return tag.kind === "good" ? "label.good" : "label.defect";
}
