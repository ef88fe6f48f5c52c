/** The Live screen's state: which part is looked at, and whether its heat map lies on it. */
import type { PartView } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";

const PAGE = 60;
/** As many parts as the film strip holds while a person walks back; the database keeps the rest. */
const FILM = 600;

export class Live {
  /** The heat map is wanted; holding Space hides it for as long as it is held. */
  heatWanted = $state(true);
  bareHeld = $state(false);
  #shell: Shell;
  #pinned = $state<number | null>(null);
  /** The strip stands still while an earlier part is looked at: nothing slides away under the finger. */
  #frozen = $state.raw<PartView[] | null>(null);
  #loading = false;
  #reachedEnd = false;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  readonly film = $derived.by(() => this.#frozen ?? this.#shell.line?.latest ?? []);
  readonly part = $derived.by(() => this.film.find(({ id }) => id === this.#pinned) ?? this.film[0] ?? null);
  readonly isPinned = $derived.by(() => this.#frozen !== null);
  readonly heatShown = $derived.by(() => this.heatWanted && !this.bareHeld && (this.part?.hasHeat ?? false));
  /** Parts judged since the strip was held, counted by the line, so that it is right beyond the latest sixty. */
  readonly waiting = $derived.by(() => Math.max(0, (this.#shell.line?.latest[0]?.id ?? 0) - (this.#frozen?.[0]?.id ?? Infinity)));

  pin(id: number): void {
    this.#frozen ??= this.film;
    this.#pinned = id;
    if (id === this.film.at(-1)?.id) void this.#loadOlder();
  }

  backToNewest(): void {
    this.#frozen = null;
    this.#pinned = null;
    this.#reachedEnd = false;
  }

  /** Moves along the strip: positive is older. One step newer than the held strip's head is the newest part. */
  move(steps: number): void {
    if (!this.part) return;
    const at = this.film.findIndex(({ id }) => id === this.part?.id) + steps;
    if (at < 0) return this.backToNewest();
    const target = this.film[Math.min(at, this.film.length - 1)];
    if (target) this.pin(target.id);
  }

  async #loadOlder(): Promise<void> {
    const last = this.film.at(-1);
    if (!last || this.#loading || this.#reachedEnd || this.film.length >= FILM) return;
    this.#loading = true;
    try {
      const older = await this.#shell.host.recentParts(last.id, PAGE);
      this.#reachedEnd = older.length === 0;
      // The person may have gone back to the newest part while the host was reading.
      if (this.#frozen?.at(-1)?.id === last.id) this.#frozen = [...this.#frozen, ...older];
    } catch {
      // What is on screen stays true; the next step past the end asks again.
      this.#reachedEnd = false;
    } finally {
      this.#loading = false;
    }
  }
}
