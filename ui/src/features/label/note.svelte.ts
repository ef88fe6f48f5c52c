/** The note of the open part while it is typed. It is kept when typing pauses: each keeping is a step of the part's history. */
import type { Editor } from "./editor.svelte";

const TYPING_PAUSE_MILLIS = 1000;

export class Note {
  /** Something was typed that is not said to the host yet. */
  waits = $state(false);
  #editor: Editor;
  /** What stands in the field since something was typed: no answer of the host changes it under the cursor. */
  #typed = $state.raw<{ part: number; text: string } | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  readonly text = $derived.by(() => this.#typed?.text ?? this.#editor.content.note);

  /** `composing`: the last word is not chosen yet, as when Chinese is typed by its sound. */
  type(text: string, composing = false): void {
    const part = this.#editor.part;
    if (!part) return;
    [this.#typed, this.waits] = [{ part: part.id, text }, true];
    clearTimeout(this.#timer);
    // A person who looks for the right word makes a pause, too.
    if (!composing) this.#timer = setTimeout(() => this.keep(), TYPING_PAUSE_MILLIS);
  }

  /** The field is left, or the part. */
  leave(): void {
    this.keep();
    this.#typed = null;
  }

  /** Without waiting for the pause. What is typed stays in the field, and may be typed on. */
  keep(): void {
    clearTimeout(this.#timer);
    this.waits = false;
    const [typed, { part, content }] = [this.#typed, this.#editor];
    if (typed && typed.part === part?.id && typed.text !== content.note) this.#editor.say({ note: typed.text });
  }
}
