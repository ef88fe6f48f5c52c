/** Invented labels, kept for as long as the page is open: history with undo, three classes, help with drawing. */
import { PixelMask } from "../../mask";
import type { ClassView, GalleryItem, GalleryRequest, LabelContent, LabelView } from "../bindings";
import type { Host } from "../host";
import { pointOf } from "./draw";
import { defectOf, partOf, verdictOf } from "./parts";

type LabelHost = Pick<
  Host,
  | "gallery"
  | "classes"
  | "addClass"
  | "changeClass"
  | "labelOf"
  | "setLabel"
  | "undoLabel"
  | "redoLabel"
  | "giveFeedback"
  | "proposeMask"
  | "magicWand"
  | "refineArea"
  | "growMask"
>;
type History = { states: LabelContent[]; at: number };

const SIZE = { width: 640, height: 480 };
const EMPTY: LabelContent = { tag: null, marks: [], note: "", checked: false };
const COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2"];

export function fakeLabels(newest: () => number, withClasses: boolean): { host: LabelHost; item: (part: number) => GalleryItem } {
  const names = withClasses ? ["Scratch", "Pit", "Stain"] : [];
  const classes: ClassView[] = names.map((name, i) => made(i + 1, name));
  const histories = new Map<number, History>();
  const now = (part: number): LabelContent => histories.get(part)?.states[histories.get(part)?.at ?? 0] ?? EMPTY;
  const view = (part: number): LabelView => {
    const history = histories.get(part);
    const said = history ? { who: "mei", madeAt: "2026-11-24T10:42:03.120+08:00" } : { who: null, madeAt: null };
    const [canUndo, canRedo] = [(history?.at ?? 0) > 0, history !== undefined && history.at < history.states.length - 1];
    return { part, content: structuredClone(now(part)), canUndo, canRedo, ...said };
  };
  const say = (part: number, content: LabelContent): LabelView => {
    // Saying the same again is no change that could be taken back.
    if (histories.has(part) && JSON.stringify(now(part)) === JSON.stringify(content)) return view(part);
    const history = histories.get(part) ?? { states: [EMPTY], at: 0 };
    history.states = [...history.states.slice(0, history.at + 1), structuredClone(content)];
    history.at = history.states.length - 1;
    histories.set(part, history);
    return view(part);
  };
  const go = (part: number, steps: number): LabelView => {
    const history = histories.get(part);
    if (history) history.at = Math.max(0, Math.min(history.states.length - 1, history.at + steps));
    return view(part);
  };
  const item = (part: number): GalleryItem => {
    const { tag, marks, checked } = now(part);
    const named = tag?.kind === "defect" && tag.class !== null ? [tag.class] : [];
    const marked = marks.flatMap((mark) => mark.class ?? []);
    return { part: partOf(part), tag, classes: [...new Set([...named, ...marked])].sort(), marks: marks.length, checked };
  };

  const host: LabelHost = {
    gallery: async (request) => {
      const upto = request.upto ?? newest();
      const all = Array.from({ length: upto }, (_, i) => upto - i).filter((part) => fits(request, part, item));
      const [first, byLabel] = [request.upto === null, request.label !== "any" || request.class !== null];
      const page = request.parts ?? all.slice(request.skip, request.skip + request.limit);
      return { total: first ? all.length : null, upto, parts: first && byLabel ? all : null, items: page.map(item) };
    },
    classes: async () => structuredClone(classes),
    addClass: async (name) => {
      const known = classes.some((one) => one.name.toLowerCase() === name.trim().toLowerCase());
      if (known || name.trim() === "") throw { code: "badRequest", detail: `there is a class "${name}" already` };
      const added = made(classes.length + 1, name.trim());
      classes.push(added);
      return structuredClone(added);
    },
    changeClass: async (changed) => {
      const at = classes.findIndex(({ id }) => id === changed.id);
      if (at >= 0) classes[at] = structuredClone(changed);
    },
    labelOf: async (part) => view(part),
    setLabel: async (part, content) => say(part, content),
    undoLabel: async (part) => go(part, -1),
    redoLabel: async (part) => go(part, 1),
    giveFeedback: async (part, feedback) => {
      const good = feedback === "falseAlarm" || (feedback === "confirm" && verdictOf(part) === "pass");
      const before = now(part);
      if (good) return say(part, { ...before, tag: { kind: "good" }, marks: before.marks.filter((mark) => mark.class === null) });
      return say(part, before.tag?.kind === "defect" ? before : { ...before, tag: { kind: "defect", class: null } });
    },
    proposeMask: async (part) => {
      const defect = defectOf(part);
      return defect ? disc(pointOf(defect), 40) : null;
    },
    magicWand: async (_part, x, y, tolerance) => disc({ x, y }, 4 + tolerance / 4),
    refineArea: async (part) => disc(pointOf(defectOf(part) ?? { kind: "pit", angle: 0, radius: 0 }), 30),
    growMask: async (_part, counts, by) => {
      const mask = PixelMask.fromCounts(counts, SIZE.width, SIZE.height);
      const source = mask.data.slice();
      const inside = by > 0;
      source.forEach((value, i) => {
        const at = { x: (i % SIZE.width) + 0.5, y: Math.floor(i / SIZE.width) + 0.5 };
        if ((value === 1) === inside) mask.stroke(at, at, Math.abs(by), inside);
      });
      return mask.toCounts();
    },
  };
  return { host, item };
}

function fits(request: GalleryRequest, part: number, item: (part: number) => GalleryItem): boolean {
  if (request.verdict !== null && verdictOf(part) !== request.verdict) return false;
  const { tag, classes, marks, checked } = item(part);
  const labelled = tag !== null || marks > 0 || checked;
  if (request.class !== null && !classes.includes(request.class)) return false;
  return {
    any: true,
    unlabelled: !labelled,
    labelled,
    good: tag?.kind === "good",
    defect: tag?.kind === "defect" || classes.length > 0,
    unchecked: labelled && !checked,
  }[request.label];
}

function made(id: number, name: string): ClassView {
  return { id, name, colour: COLOURS[(id - 1) % COLOURS.length] ?? "#e69f00", key: id < 10 ? id : null, rule: "", example: null };
}

function disc(at: { x: number; y: number }, radius: number): string {
  const mask = new PixelMask(SIZE.width, SIZE.height);
  mask.stroke(at, at, radius, true);
  return mask.toCounts();
}
