/** The Gallery's state: which list is shown, what is filtered, which pages are read, and which part has the cursor. */
import { toHostError, type ClassView, type GalleryItem, type GalleryRequest, type HostError, type LabelFilter, type LabelView, type Verdict } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";
import { Lessons } from "./lessons.svelte";
import type { ListName, PartList } from "./list";

export const PAGE = 60;
/** Pages that are kept; those farthest from the view go first. */
const KEPT_PAGES = 12;

export type Filter = { verdict: Verdict | null; label: LabelFilter; class: number | null };

export class Gallery implements PartList {
  list = $state<ListName>("all");
  readonly lessons: Lessons;
  filter = $state.raw<Filter>({ verdict: null, label: "any", class: null });
  classes = $state.raw<ClassView[]>([]);
  /** Null until the first page has come. */
  total = $state<number | null>(null);
  error = $state.raw<HostError | null>(null);
  /** Place of the cursor among all parts of the filter. */
  at = $state(0);
  #shell: Shell;
  #pages = $state.raw<ReadonlyMap<number, GalleryItem[]>>(new Map());
  #upto: number | null = null;
  /** The parts of the filter where labels decide: what is labelled on the way along them must not move the pages. */
  #parts: number[] | null = null;
  #asked = new Set<number>();
  /** The page in the middle of what is looked at now, whatever was asked for before. */
  #middle = 0;
  /** Tells answers to an earlier filter from those to this one. */
  #question = 0;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.lessons = new Lessons(shell);
  }

  /** What is shown, and what the label editor walks along. */
  readonly shown = $derived.by((): PartList => (this.list === "all" ? this : this.lessons.lists[this.list]));
  readonly host = $derived.by(() => this.#shell.host);
  /** Parts that came since the first page was read. */
  readonly newer = $derived.by(() => {
    const newest = this.#shell.line?.latest[0]?.id ?? 0;
    return this.total === null || this.#upto === null ? 0 : Math.max(0, newest - this.#upto);
  });
  readonly isFiltered = $derived.by(() => this.filter.verdict !== null || this.filter.label !== "any" || this.filter.class !== null);

  item(place: number): GalleryItem | null {
    return this.#pages.get(Math.floor(place / PAGE))?.[place % PAGE] ?? null;
  }

  reason(): null {
    return null;
  }

  /** Shows another list. One that is not known yet is made now. */
  turnTo(list: ListName): void {
    this.list = list;
    if (list === "all") this.lessons.leave();
    else this.lessons.open();
  }

  /** Reads everything anew, with the parts that came meanwhile. */
  async open(): Promise<void> {
    const question = ++this.#question;
    this.#asked.clear();
    [this.#upto, this.#parts, this.error] = [null, null, null];
    try {
      const classes = await this.#shell.host.classes();
      const page = await this.#shell.host.gallery(this.#request(0));
      if (question !== this.#question) return;
      [this.classes, this.#upto, this.#parts, this.total] = [classes, page.upto, page.parts, page.total ?? 0];
      this.#asked.add(0);
      this.#pages = new Map([[0, page.items]]);
      this.at = 0;
    } catch (cause) {
      if (question === this.#question) this.error = toHostError(cause);
    }
  }

  choose(filter: Partial<Filter>): void {
    this.filter = { ...this.filter, ...filter };
    this.total = null;
    this.#pages = new Map();
    void this.open();
  }

  /** Makes sure that these places can be shown, and forgets those far away. */
  need(first: number, last: number): void {
    if (this.total === null || this.#upto === null) return;
    const from = Math.floor(Math.max(0, first) / PAGE);
    const to = Math.floor(Math.max(0, Math.min(last, this.total - 1)) / PAGE);
    this.#middle = (from + to) / 2;
    for (let page = from; page <= to; page += 1) void this.#read(page);
  }

  async part(place: number): Promise<GalleryItem | null> {
    if (this.total === null || place < 0 || place >= this.total) return null;
    this.#middle = Math.floor(place / PAGE);
    await this.#read(this.#middle);
    return this.item(place);
  }

  /** What is said about a part has changed: its tile says so, even where the filter would now leave it out. */
  told(label: LabelView): void {
    const { part, content } = label;
    const named = content.tag?.kind === "defect" && content.tag.class !== null ? [content.tag.class] : [];
    const classes = [...new Set([...named, ...content.marks.flatMap((mark) => mark.class ?? [])])];
    const said = { tag: content.tag, classes, marks: content.marks.length, checked: content.checked };
    const pages = new Map(this.#pages);
    for (const [page, items] of pages) {
      if (items.some((item) => item.part.id === part)) pages.set(page, items.map((item) => (item.part.id === part ? { ...item, ...said } : item)));
    }
    this.#pages = pages;
    this.lessons.told(label, said);
  }

  /** Shows what is there: read before where it was, with classes that were made since. */
  async show(): Promise<void> {
    this.turnTo(this.list);
    if (!this.total || this.error) return this.open();
    try {
      this.classes = await this.#shell.host.classes();
    } catch (cause) {
      this.error = toHostError(cause);
    }
  }

  #request(page: number): GalleryRequest {
    const parts = this.#parts?.slice(page * PAGE, (page + 1) * PAGE) ?? null;
    return { ...this.filter, upto: this.#upto, skip: page * PAGE, limit: PAGE, parts };
  }

  async #read(page: number): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const question = this.#question;
    try {
      const answer = await this.#shell.host.gallery(this.#request(page));
      if (question !== this.#question) return;
      // A page that comes late must not push out those in sight.
      const away = ([at]: readonly [number, unknown]) => Math.abs(at - this.#middle);
      const kept = [...this.#pages, [page, answer.items] as const].sort((a, b) => away(a) - away(b));
      for (const [gone] of kept.slice(KEPT_PAGES)) this.#asked.delete(gone);
      this.#pages = new Map(kept.slice(0, KEPT_PAGES));
    } catch (cause) {
      if (question !== this.#question) return;
      this.#asked.delete(page);
      this.error = toHostError(cause);
    }
  }
}
