/** What files' names tell and which folders count: as entered, and as the line reads it on the watched folder's own files. */
import { toHostError, type ArrivalsSeenView, type ArrivalsView, type HostError, type WrongPatternView } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";

const TYPING_PAUSE_MILLIS = 400;
const AT_ANY_DEPTH = "**";

/** Name patterns that many lines need, to begin with. */
export const EXAMPLES = ["{part}_{view}", "{lot}_{part}_{view}", "{lot}/{part}", "{lot:4}{part:#}"];

/** Which folders below the watched one count. */
export type Below = "none" | "all" | "some";

/** What is known of the files that would arrive now. */
export type Tried =
  | { state: "none" }
  | { state: "looking" }
  | { state: "wrong"; wrong: WrongPatternView }
  | { state: "seen"; seen: ArrivalsSeenView }
  | { state: "failed"; error: HostError };

export class Names {
  pattern = $state("");
  below = $state<Below>("none");
  /** The folders' pattern, while not all or none count. */
  some = $state("");
  tried = $state.raw<Tried>({ state: "none" });
  /** Why what was entered could not be used at once. */
  error = $state.raw<HostError | null>(null);
  using = $state(false);
  used = $state(false);
  #shell: Shell;
  #folder: () => string;
  #open = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #again = false;

  /** `folder` is the watched folder as it is entered now. */
  constructor(shell: Shell, folder: () => string) {
    [this.#shell, this.#folder] = [shell, folder];
    const { pattern, subfolders } = shell.line?.arrivals ?? { pattern: null, subfolders: null };
    this.pattern = pattern ?? "";
    if (subfolders !== null) [this.below, this.some] = subfolders === AT_ANY_DEPTH ? ["all", ""] : ["some", subfolders];
  }

  /** As the line is told. */
  readonly arrivals = $derived.by((): ArrivalsView => {
    const below = { none: "", all: AT_ANY_DEPTH, some: this.some.trim() }[this.below];
    return { pattern: this.pattern.trim() || null, subfolders: below || null };
  });
  /** The line works by other patterns than those entered. */
  readonly changed = $derived.by(() => {
    const now = this.#shell.line?.arrivals;
    return now !== undefined && (now.pattern !== this.arrivals.pattern || now.subfolders !== this.arrivals.subfolders);
  });

  /** Nothing is looked at before somebody wants to see it: a folder may be on a slow network. */
  set open(open: boolean) {
    this.#open = open;
    if (open) this.tryAgain(0);
  }

  choosePattern(pattern: string): void {
    this.pattern = pattern;
    this.tryAgain(0);
  }

  chooseBelow(below: Below): void {
    this.below = below;
    this.tryAgain(0);
  }

  /** Tries the patterns on the folder's files, after a pause in typing. */
  tryAgain(pauseMillis = TYPING_PAUSE_MILLIS): void {
    [this.used, this.error] = [false, null];
    if (!this.#open) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#try(), pauseMillis);
  }

  /** Lets the line work by them from the next part on. What it learned stays. */
  async use(): Promise<void> {
    [this.using, this.used, this.error] = [true, false, null];
    try {
      await this.#shell.setArrivals(this.arrivals);
      this.used = true;
    } catch (cause) {
      this.error = toHostError(cause);
    }
    this.using = false;
  }

  /** One question at a time: those that a slow folder has not answered would pile up. */
  async #try(): Promise<void> {
    this.#again = true;
    if (this.#asking) return;
    this.#asking = true;
    while (this.#again) {
      this.#again = false;
      const tried = await this.#answer(this.#folder().trim());
      if (!this.#again) this.tried = tried;
    }
    this.#asking = false;
  }

  async #answer(folder: string): Promise<Tried> {
    if (folder === "") return { state: "none" };
    if (this.tried.state === "none" || this.tried.state === "failed") this.tried = { state: "looking" };
    try {
      const look = await this.#shell.host.lookAtFiles(folder, this.arrivals);
      return look.kind === "wrong" ? { state: "wrong", wrong: look.wrong } : { state: "seen", seen: look.seen };
    } catch (cause) {
      return { state: "failed", error: toHostError(cause) };
    }
  }
}

/** A pattern in three pieces, of which the middle one is wrong; its characters are counted as the line counts them. */
export function marked(pattern: string, { from, to }: WrongPatternView): [string, string, string] {
  const characters = Array.from(pattern);
  const piece = (start: number, end?: number) => characters.slice(start, end).join("");
  return from === to ? ["", pattern, ""] : [piece(0, from), piece(from, to), piece(to)];
}
