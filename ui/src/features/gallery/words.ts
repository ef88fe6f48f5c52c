/** Which message names which filter, label, list and reason. Whole keys, so that the catalogue check sees every use. */
import type { LabelFilter, ReasonView, TagView } from "$lib/bridge";
import { i18n, t, type PlainKey } from "$lib/i18n";
import type { LessonName, ListName } from "./list";

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

export const LIST_NAMES: Record<ListName, { word: PlainKey; key: string; cap: string }> = {
  all: { word: "lists.all", key: "a", cap: "A" },
  next: { word: "lists.next", key: "n", cap: "N" },
  check: { word: "lists.check", key: "c", cap: "C" },
  alike: { word: "lists.alike", key: "d", cap: "D" },
};

/** What a list is for, and what to do when nothing is in it. */
export const LESSON_WORDS: Record<LessonName, { what: PlainKey; none: PlainKey }> = {
  next: { what: "lists.next.what", none: "lists.next.none" },
  check: { what: "lists.check.what", none: "lists.check.none" },
  alike: { what: "lists.alike.what", none: "lists.alike.none" },
};

const REASONS: Record<Exclude<ReasonView["kind"], "alike">, PlainKey> = {
  nearLimit: "reason.nearLimit",
  branchesDisagree: "reason.branchesDisagree",
  novel: "reason.novel",
  random: "reason.random",
  looksDefective: "reason.looksDefective",
  looksGood: "reason.looksGood",
};

export function reasonWords(reason: ReasonView): string {
  if (reason.kind !== "alike") return t(REASONS[reason.kind]);
  const values = { group: i18n.format.whole(reason.group), parts: i18n.format.whole(reason.parts) };
  return reason.leaks ? t("reason.alikeLeaks", values) : t("reason.alike", values);
}
