/**
 * The label editor's state. Every stroke is said to the host at once, which keeps it with its history: so undo goes
 * stroke by stroke, across parts and restarts, and there is nothing to save.
 */
import { toHostError, type ClassView, type HostError, type LabelContent, type LabelView, type MarkView, type PartView, type ShapeView } from "$lib/bridge";
import { PixelMask } from "$lib/mask";
import type { Gallery } from "../gallery/gallery.svelte";
import type { Shell } from "../shell/shell.svelte";
import { Note } from "./note.svelte";
import { isArea, type At } from "./shapes";
import { Walk } from "./walk.svelte";

export type Tool = "select" | "move" | "box" | "polygon" | "brush" | "eraser" | "wand";
/** What new marks mean: a class by its number, or an area that is not judged. */
export type Meaning = number | "ignore";

const EMPTY: LabelContent = { tag: null, marks: [], note: "", checked: false };
export const BRUSH = { least: 1, most: 400 };
export const TOLERANCE = { least: 0, most: 255 };

export class Editor {
  part = $state.raw<PartView | null>(null);
  content = $state.raw<LabelContent>(EMPTY);
  canUndo = $state(false);
  canRedo = $state(false);
  classes = $state.raw<ClassView[]>([]);
  meaning = $state<Meaning | null>(null);
  tool = $state<Tool>("select");
  /** Index of the mark that is worked on. */
  selected = $state<number | null>(null);
  brush = $state(12);
  tolerance = $state(16);
  heatShown = $state(true);
  /** Corners of the polygon that is being drawn. */
  draft = $state.raw<At[]>([]);
  error = $state.raw<HostError | null>(null);
  /** Strokes that the host has not answered yet. */
  waiting = $state(0);
  loading = $state(false);
  /** Said once after a key or button that could do nothing. */
  hint = $state<"label.hint.noProposal" | "label.hint.noClass" | "label.hint.noMask" | "label.hint.noArea" | "label.hint.noNext" | "label.hint.listDone" | null>(null);
  readonly gallery: Gallery;
  readonly walk = new Walk(this);
  readonly note = new Note(this);
  #shell: Shell;
  /** Strokes are said one after another, in the order in which they were drawn. */
  #queue: Promise<void> = Promise.resolve();
  #opened = 0;
  /** What the person has chosen for this part; `meaning` may still be what was chosen for another, or the first of all. */
  #chosen: Meaning | null = null;
  #changes: (part: number) => void;

  /** `changes` is told of each part that something is said about here. */
  constructor(shell: Shell, gallery: Gallery, changes: (part: number) => void = () => {}) {
    [this.#shell, this.gallery, this.#changes] = [shell, gallery, changes];
  }

  readonly host = $derived.by(() => this.#shell.host);
  readonly mark = $derived.by(() => (this.selected === null ? null : (this.content.marks[this.selected] ?? null)));
  readonly size = $derived.by(() => {
    const part = this.part;
    return part && part.width !== null && part.height !== null ? { width: part.width, height: part.height } : null;
  });
  readonly isSaved = $derived.by(() => !this.loading && !this.note.waits && this.waiting === 0 && this.error === null);

  async open(part: PartView): Promise<void> {
    // It is said of the part that it was typed for, while that is the open one.
    this.note.leave();
    const opened = ++this.#opened;
    [this.loading, this.error, this.hint, this.selected, this.draft] = [true, null, null, null, []];
    this.part = part;
    this.#chosen = null;
    [this.content, this.canUndo, this.canRedo] = [EMPTY, false, false];
    try {
      const [classes, label] = [await this.host.classes(), await this.host.labelOf(part.id)];
      if (opened !== this.#opened) return;
      this.classes = classes;
      this.meaning ??= classes[0]?.id ?? null;
      this.#take(label);
    } catch (cause) {
      if (opened === this.#opened) this.error = toHostError(cause);
    } finally {
      if (opened === this.#opened) this.loading = false;
    }
  }

  /** Says something new. What is on screen changes at once; when the host refuses, what is kept is shown again. */
  say(content: Partial<LabelContent>): void {
    const part = this.part;
    if (!part || this.loading) return;
    const next = { ...this.content, ...content };
    // Who called the label complete did not mean what it says now.
    if (content.checked === undefined && (content.tag !== undefined || content.marks !== undefined)) next.checked = false;
    if (content.marks?.some((mark) => mark.class !== null) && next.tag?.kind === "good") next.tag = null;
    this.content = next;
    this.#ask(part, (host) => host.setLabel(part.id, next));
  }

  /** Something was said about a part elsewhere. While strokes wait, the answer to the last of them is newer. */
  told(label: LabelView): void {
    if (this.part?.id !== label.part || this.loading || this.waiting > 0) return;
    // Its marks may be others now.
    this.selected = null;
    this.#take(label);
  }

  /** Everything that was said until now is kept, or refused. */
  settled(): Promise<void> {
    return this.#queue;
  }

  undo(): void {
    if (this.draft.length > 0) this.draft = this.draft.slice(0, -1);
    else this.#go("undoLabel");
  }

  redo(): void {
    this.#go("redoLabel");
  }

  setTag(kind: "good" | "defect"): void {
    if (this.content.tag?.kind === kind) return this.say({ tag: null });
    if (kind === "good") {
      this.selected = null;
      this.say({ tag: { kind }, marks: this.content.marks.filter((mark) => mark.class === null) });
    } else {
      // Marks have classes of their own.
      const named = this.content.marks.length === 0 ? this.#chosen : null;
      this.say({ tag: { kind, class: named === null ? null : classOf(named) } });
    }
    void this.walk.decided();
  }

  setChecked(checked: boolean): void {
    this.say({ checked });
    if (checked) void this.walk.decided();
  }

  /** Chooses what new marks mean, and what the selected one means. */
  choose(meaning: Meaning): void {
    this.meaning = meaning;
    this.hint = null;
    this.#chosen = meaning;
    const at = this.selected;
    if (at !== null) this.say({ marks: this.content.marks.map((mark, i) => (i === at ? { ...mark, class: classOf(meaning) } : mark)) });
  }

  add(shape: ShapeView): void {
    if (this.meaning === null) return void (this.hint = "label.hint.noClass");
    if (!isArea(shape)) return;
    this.say({ marks: [...this.content.marks, { class: classOf(this.meaning), shape }] });
    this.selected = this.content.marks.length - 1;
  }

  replace(at: number, shape: ShapeView): void {
    if (isArea(shape)) this.say({ marks: this.content.marks.map((mark, i) => (i === at ? { ...mark, shape } : mark)) });
  }

  remove(): void {
    const at = this.selected;
    if (at === null) return;
    this.selected = null;
    this.say({ marks: this.content.marks.filter((_, i) => i !== at) });
  }

  /** A finished stroke of brush or eraser: the mask that it left, of the selected mark or of a new one. */
  painted(mask: PixelMask, at: number | null): void {
    const shape: ShapeView = { kind: "mask", counts: mask.toCounts() };
    if (mask.isEmpty()) {
      this.selected = at;
      if (at !== null) this.remove();
    } else if (at === null) this.add(shape);
    else this.replace(at, shape);
  }

  closePolygon(): void {
    const rings = [this.draft.flatMap(({ x, y }) => [x, y])];
    this.draft = [];
    this.add({ kind: "polygon", rings });
  }

  async acceptProposal(): Promise<void> {
    await this.#addFound((host, part) => host.proposeMask(part), "label.hint.noProposal");
  }

  async wand(at: At): Promise<void> {
    await this.#addFound((host, part) => host.magicWand(part, Math.floor(at.x), Math.floor(at.y), this.tolerance), null);
  }

  /** Grows the selected mask to each side, or shrinks it. */
  async grow(by: number): Promise<void> {
    const [part, at, shape] = [this.part, this.selected, this.mark?.shape];
    if (!part || at === null || shape?.kind !== "mask") return void (this.hint = "label.hint.noMask");
    try {
      const counts = await this.host.growMask(part.id, shape.counts, by);
      // Only what was grown is replaced: the person may have drawn on meanwhile.
      if (this.part?.id === part.id && this.content.marks[at]?.shape === shape) this.#replaceOrRemove(at, counts);
    } catch (cause) {
      this.error = toHostError(cause);
    }
  }

  /** Moves the border of the selected area to the picture's edges; it becomes a mask. */
  async refine(): Promise<void> {
    const [part, at, shape] = [this.part, this.selected, this.mark?.shape];
    if (!part || at === null || !shape) return void (this.hint = "label.hint.noArea");
    try {
      const counts = await this.host.refineArea(part.id, shape);
      // As with growing: what was drawn on meanwhile stays.
      if (this.part?.id === part.id && this.content.marks[at]?.shape === shape) this.replace(at, { kind: "mask", counts });
    } catch (cause) {
      this.error = toHostError(cause);
    }
  }

  async addClass(name: string): Promise<void> {
    try {
      const added = await this.host.addClass(name);
      this.classes = [...this.classes, added];
      this.choose(added.id);
    } catch (cause) {
      this.error = toHostError(cause);
    }
  }

  async changeClass(changed: ClassView): Promise<void> {
    try {
      await this.host.changeClass(changed);
      this.classes = this.classes.map((one) => (one.id === changed.id ? changed : one));
    } catch (cause) {
      this.error = toHostError(cause);
    }
  }

  colourOf(mark: MarkView): string {
    return this.classes.find(({ id }) => id === mark.class)?.colour ?? "#9aa5a0";
  }

  #replaceOrRemove(at: number, counts: string): void {
    const size = this.size;
    if (size && !PixelMask.fromCounts(counts, size.width, size.height).isEmpty()) return this.replace(at, { kind: "mask", counts });
    this.selected = at;
    this.remove();
  }

  async #addFound(ask: (host: Editor["host"], part: number) => Promise<string | null>, none: Editor["hint"]): Promise<void> {
    const part = this.part;
    if (!part) return;
    if (this.meaning === null) return void (this.hint = "label.hint.noClass");
    this.hint = null;
    try {
      const counts = await ask(this.host, part.id);
      if (this.part?.id !== part.id) return;
      if (counts === null) this.hint = none;
      else this.add({ kind: "mask", counts });
    } catch (cause) {
      this.error = toHostError(cause);
    }
  }

  #go(way: "undoLabel" | "redoLabel"): void {
    const part = this.part;
    if (!part || this.loading) return;
    this.selected = null;
    this.#ask(part, (host) => host[way](part.id));
  }

  #ask(part: PartView, ask: (host: Editor["host"]) => Promise<LabelView>): void {
    [this.waiting, this.hint] = [this.waiting + 1, null];
    this.#changes(part.id);
    this.#queue = this.#queue.then(async () => {
      try {
        const label = await ask(this.host);
        this.error = null;
        this.gallery.told(label);
        // While more strokes wait, what is on screen is newer than this answer.
        if (this.part?.id === part.id && this.waiting === 1) this.#take(label);
      } catch (cause) {
        this.error = toHostError(cause);
        await this.#readAgain(part);
      } finally {
        this.waiting -= 1;
      }
    });
  }

  async #readAgain(part: PartView): Promise<void> {
    try {
      const label = await this.host.labelOf(part.id);
      if (this.part?.id === part.id) this.#take(label);
    } catch {
      // The first error is told; what was drawn stays on screen.
    }
  }

  #take(label: LabelView): void {
    [this.content, this.canUndo, this.canRedo] = [label.content, label.canUndo, label.canRedo];
    if (this.selected !== null && this.selected >= label.content.marks.length) this.selected = null;
  }
}

function classOf(meaning: Meaning): number | null {
  return meaning === "ignore" ? null : meaning;
}
