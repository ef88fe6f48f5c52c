/** Invented lists of what labels would teach, of the newest parts. `?teach=none|slow|error` chooses another outcome. */
import type { GalleryItem, ListedPart, ReasonView } from "../bindings";
import type { Host } from "../host";

type TeachingHost = Pick<Host, "teach" | "stopTeaching">;

const WHY: ReasonView["kind"][] = ["nearLimit", "novel", "branchesDisagree", "nearLimit", "random"];
const LOOKED_AT = 140;
const STEP = 4;
/** Milliseconds for a step where the look is slow. */
const SLOW = 250;

export function fakeTeaching(kind: string, newest: () => number, model: () => string, item: (part: number) => GalleryItem): TeachingHost {
  let stop: (() => void) | null = null;

  const listed = (place: number, why: ReasonView): ListedPart[] => (newest() > place ? [{ item: item(newest() - place), why }] : []);
  const next = () => Array.from({ length: 24 }, (_, i) => listed(3 * i, { kind: WHY[i % WHY.length] ?? "random" } as ReasonView)).flat();
  const check = () => [...listed(4, { kind: "looksDefective" }), ...listed(18, { kind: "looksGood" })];
  const alike = () =>
    [
      [7, 8, 13],
      [31, 40],
    ].flatMap((group, i) => group.flatMap((place) => listed(place, { kind: "alike", group: i + 1, parts: group.length, leaks: i === 0 })));

  return {
    teach: async (report) => {
      stop?.();
      if (kind === "error") throw { code: "modelDamaged", detail: "/plant/line-3/models/7c41e09a.slm: the checksum differs" };
      for (let done = STEP; kind === "slow" && done <= LOOKED_AT; done += STEP) {
        const stopped = await new Promise<boolean>((resolve) => {
          stop = () => resolve(true);
          setTimeout(() => resolve(false), SLOW);
        });
        if (stopped) throw { code: "internal", detail: "the person cancelled" };
        report({ done, total: LOOKED_AT, secondsLeft: ((LOOKED_AT - done) / STEP) * (SLOW / 1000) });
      }
      if (kind === "none") return { model: model(), next: [], check: [], alike: [], leftOut: 0 };
      return { model: model(), next: next(), check: check(), alike: alike(), leftOut: 2 };
    },
    stopTeaching: async () => stop?.(),
  };
}
