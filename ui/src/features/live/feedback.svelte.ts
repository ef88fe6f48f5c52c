/**
 * What the operator says about verdicts. While a finger is on the buttons the part under them stays: an answer must never
 * go to the part that came a moment later.
 */
import { toHostError, type Feedback as Answer, type Host, type HostError, type LabelView, type PartView, type TagView, type Verdict } from "$lib/bridge";
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

/** `undone`: it was taken back. `canUndo`: taking back now takes back this answer, and nothing else. */
export type Said = { part: PartView; tag: TagView | null; undone: boolean; canUndo: boolean };

export class FeedbackDesk {
  /** The last answer, until the next one, or until somebody changes that label. */
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
    await this.#ask(async (host) => {
      const before = await host.labelOf(part.id);
      const label = await host.giveFeedback(part.id, answer);
      // Who says the same again changes nothing: what would be taken back is what was said before.
      const isSame = JSON.stringify(before.content) === JSON.stringify(label.content);
      const canUndo = !isSame || (this.said?.part.id === part.id && this.said.canUndo);
      this.said = { part, tag: label.content.tag, undone: false, canUndo };
      return label;
    });
  }

  /** Takes the last answer back, once. */
  async undo(): Promise<void> {
    const said = this.said;
    if (!said?.canUndo || this.busy) return;
    await this.#ask(async (host) => {
      const label = await host.undoLabel(said.part.id);
      this.said = { ...said, tag: label.content.tag, undone: true, canUndo: false };
      return label;
    });
  }

  /** The label editor changes this part's label: to take back is now its affair. */
  labelled(part: number): void {
    if (this.said?.part.id === part) this.said = null;
  }

  async #ask(ask: (host: Host) => Promise<LabelView>): Promise<void> {
    [this.busy, this.error] = [true, null];
    try {
      this.#told(await ask(this.#shell.host));
    } catch (cause) {
      this.error = toHostError(cause);
    } finally {
      this.busy = false;
    }
  }
}
