/** What of a long list of models is shown at once. */
import { expect, it } from "vitest";
import type { ModelView } from "$lib/bridge";
import { folded } from "./folded";

const models = (count: number, changed: Record<number, Partial<ModelView>> = {}): ModelView[] =>
  Array.from({ length: count }, (_, at) => ({ id: String(at), live: false, shadow: false, ...changed[at] }) as ModelView);
const ids = (list: ModelView[]) => list.map(({ id }) => id).join(" ");

it.each([
  ["none", models(0), "", ""],
  ["ten", models(10), "0 1 2 3 4 5 6 7 8 9", ""],
  ["more", models(12), "0 1 2 3 4 5 6 7 8 9", "10 11"],
  ["old ones that judge", models(14, { 11: { live: true }, 13: { shadow: true } }), "0 1 2 3 4 5 6 7 8 9 11 13", "10 12"],
])("of %s", (_, all, shown, older) => {
  const found = folded(all);
  expect([ids(found.shown), ids(found.older)]).toEqual([shown, older]);
});
