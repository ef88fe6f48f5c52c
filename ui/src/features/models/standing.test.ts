/** What may be done with a model, case by case. */
import { describe, expect, it } from "vitest";
import type { ModelView, TrialView } from "$lib/bridge";
import { standingOf } from "./standing";

const judged = [{ who: "learning", millis: 1 }];
const model = (changed: Partial<ModelView>): ModelView => ({ id: "a", live: false, damaged: false, gone: false, trial: null, promotions: [], ...changed }) as ModelView;
const failed = { passed: false } as TrialView;

describe("a model", () => {
  const live = model({ id: "b", live: true, promotions: judged });
  it.each([
    ["that is new", model({}), [null, null]],
    ["that judges", live, ["models.why.live", "models.why.live"]],
    ["that did not pass", model({ trial: failed }), ["models.why.refused", null]],
    ["that passed", model({ trial: { ...failed, passed: true } }), [null, null]],
    ["whose file is damaged", model({ damaged: true, trial: failed }), ["models.why.damaged", "models.why.damaged"]],
    ["that judges while its file is gone", model({ live: true, damaged: true, gone: true }), ["models.why.liveNoFile", "models.why.liveNoFile"]],
    ["whose file was removed", model({ damaged: true, gone: true }), ["models.why.gone", "models.why.gone"]],
    ["that is gone", null, ["models.why.none", "models.why.none"]],
  ] as const)("%s", (_, asked, expected) => {
    const { promote, shadow } = standingOf(asked, [live]);
    expect([promote, shadow]).toEqual(expected);
  });

  it("can be rolled back to only when it judged and does not now", () => {
    expect(standingOf(live, [live, model({})]).rollBack).toBe("models.why.first");
    expect(standingOf(live, [live, model({ promotions: judged })]).rollBack).toBeNull();
  });
});
