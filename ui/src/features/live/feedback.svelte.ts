/**
 * What the operator says about verdicts. While a finger is on the buttons the part under them stays: an answer must never
 * go to the part that came a moment later.
 */
import { toHostError, type Feedback as Answer, type HostError, type LabelView, type PartView, type TagView, type Verdict } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";
import type { Live } from "./live.svelte";

/** Answers that make sense for a verdict; the host refuses all others too. */
export const ANSWERS: Record<Verdict, Answer[]> = {
  pass: ["confirm", "missedDefect"],
  review: ["falseAlarm", "missedDefect"],
  reject: ["confirm", "falseAlarm"],
  unreadable: ["falseAlarm", "missedDefect"],
};

const LIFTED_MILLIS = 2000;

export type Said = { part: PartView; tag: TagView | null };

export class FeedbackDesk {
  /** The last answer, until the next one. */
  said = $state.raw<Said | null>(null);
  error = $state.raw<HostError | null>(null);
  busy = $state(false);
  #shell: Shell;
  #live: Live;
  #told: (label: LabelView) => void;
  /** This desk holds the part, not the person. */
  #holds = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(shell: Shell, live: Live, told: (label: LabelView) => void) {
    [this.#shell, this.#live, this.#told] = [shell, live, told];
  }

  /** A finger is lifted before its press counts: the part stays a little longer. */
  releaseSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.release(), LIFTED_MILLIS);
  }

  hold(): void {
    clearTimeout(this.#timer);
    const part = this.#live.part;
    if (!part || this.#live.isPinned) return;
    this.#holds = true;
    this.#live.pin(part.id);
  }

  release(): void {
    clearTimeout(this.#timer);
    if (this.#holds) this.#live.backToNewest();
    this.#holds = false;
  }

  /** Answers for the part that was pressed on, or for the one that is shown. */
  async give(answer: Answer, pressed: PartView | null = null): Promise<void> {
    const part = pressed ?? this.#live.part;
    if (!part || this.busy || !ANSWERS[part.verdict].includes(answer)) return;
    await this.#ask(part, () => this.#shell.host.giveFeedback(part.id, answer));
  }

  /** Takes the last answer back. */
  async undo(): Promise<void> {
    const part = this.said?.part;
    if (part && !this.busy) await this.#ask(part, () => this.#shell.host.undoLabel(part.id));
  }

  async #ask(part: PartView, ask: () => Promise<LabelView>): Promise<void> {
    [this.busy, this.error] = [true, null];
    try {
      const label = await ask();
      this.said = { part, tag: label.content.tag };
      this.#told(label);
    } catch (cause) {
      this.error = toHostError(cause);
    } finally {
      this.busy = false;
    }
  }
}
