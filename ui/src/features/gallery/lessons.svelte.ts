/** What labels would teach: three lists, made in one look at the parts, which takes a model's time. */
import { toHostError, type GalleryItem, type HostError, type LabelView, type ListedPart, type LookingView, type ReasonView } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";
import { LESSONS, type LessonName, type PartList } from "./list";

/** What a label says in short. */
export type Said = Pick<GalleryItem, "tag" | "classes" | "marks" | "checked">;

class LessonList implements PartList {
  at = $state(0);
  #parts = $state.raw<readonly ListedPart[]>([]);
  /** Parts about which something was said since the look. */
  #done = $state.raw<ReadonlySet<number>>(new Set());

  readonly total = $derived.by(() => this.#parts.length);
  /** Parts that still wait for a word. */
  readonly open = $derived.by(() => this.#parts.filter(({ item }) => !this.#done.has(item.part.id)).length);

  fill(parts: readonly ListedPart[]): void {
    [this.#parts, this.#done, this.at] = [parts, new Set(), 0];
  }

  item(place: number): GalleryItem | null {
    return this.#parts[place]?.item ?? null;
  }

  reason(place: number): ReasonView | null {
    return this.#parts[place]?.why ?? null;
  }

  async part(place: number): Promise<GalleryItem | null> {
    return this.item(place);
  }

  need(): void {}

  /** The nearest place after this one, or else from the start, whose part waits for a word; null when none does. */
  following(place: number): number | null {
    const places = this.#parts.map((_, i) => (place + 1 + i) % this.#parts.length);
    return places.find((i) => !this.#done.has(this.item(i)?.part.id ?? 0)) ?? null;
  }

  told(part: number, said: Said, waits: boolean): void {
    if (!this.#parts.some(({ item }) => item.part.id === part)) return;
    this.#parts = this.#parts.map((one) => (one.item.part.id === part ? { ...one, item: { ...one.item, ...said } } : one));
    const done = new Set(this.#done);
    if (waits) done.delete(part);
    else done.add(part);
    this.#done = done;
  }
}

export class Lessons {
  readonly lists: Record<LessonName, LessonList> = { next: new LessonList(), check: new LessonList(), alike: new LessonList() };
  /** A look is under way. */
  looking = $state(false);
  /** How far it is; null before its first picture. */
  progress = $state.raw<LookingView | null>(null);
  error = $state.raw<HostError | null>(null);
  /** Pictures that could not be looked at. */
  leftOut = $state(0);
  /** The model that looked; null before the first look. */
  model = $state<string | null>(null);
  #shell: Shell;
  /** Tells answers to a look that nobody waits for from those to this one. */
  #question = 0;
  #stopped: Promise<void> = Promise.resolve();

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  readonly hasModel = $derived.by(() => this.#shell.line?.model != null);

  /** Looks, unless the lists are there already and made with the model that judges. */
  open(): void {
    const live = this.#shell.line?.model?.id;
    if (live !== undefined && !this.looking && (this.model !== live || this.error)) void this.look();
  }

  async look(): Promise<void> {
    const question = ++this.#question;
    const isAsked = () => question === this.#question;
    [this.looking, this.progress, this.error] = [true, null, null];
    try {
      // A word to stop that is still under way would stop this look.
      await this.#stopped;
      if (!isAsked()) return;
      const told = await this.#shell.host.teach((progress) => {
        if (isAsked()) this.progress = progress;
      });
      if (!isAsked()) return;
      for (const name of LESSONS) this.lists[name].fill(told[name]);
      [this.model, this.leftOut] = [told.model, told.leftOut];
    } catch (cause) {
      if (isAsked()) this.error = toHostError(cause);
    } finally {
      if (isAsked()) this.looking = false;
    }
  }

  /** Ends a look that nobody waits for any more. What was seen until then is not looked at again. */
  leave(): void {
    if (!this.looking) return;
    this.#question += 1;
    this.looking = false;
    this.#stopped = this.#shell.host.stopTeaching().catch(() => {});
  }

  told({ part, content }: LabelView, said: Said): void {
    const isEmpty = content.tag === null && content.marks.length === 0 && !content.checked && content.note === "";
    // A label that was taken back is missing again; one that was doubted is settled, whatever was done.
    for (const name of LESSONS) this.lists[name].told(part, said, name === "next" && isEmpty);
  }
}
