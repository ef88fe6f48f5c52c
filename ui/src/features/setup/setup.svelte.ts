/** The Set-up screen's state: what was entered, what the good parts' folder holds, and the learning run. */
import { toHostError, type FolderView, type HostError, type LineEvent, type SetupRequest } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";
import { whyNot, type Look } from "./ready";

export const LIMITS = [0.005, 0.01, 0.02, 0.05];
const TYPING_PAUSE_MILLIS = 400;
/** Points of the loss curve. When it is full every second one goes, so that the whole run stays on it. */
const CURVE = 240;

export class Setup {
  form = $state<SetupRequest>({ name: "", goodFolder: "", watchFolder: "", falseRejectLimit: 0.01, mayTurn: false, mayFlip: false });
  look = $state.raw<Look>({ state: "none" });
  error = $state.raw<HostError | null>(null);
  losses = $state.raw<number[]>([]);
  cancelled = $state(false);
  starting = $state(false);
  cancelling = $state(false);
  #shell: Shell;
  #lookNumber = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(shell: Shell) {
    this.#shell = shell;
    const line = shell.line;
    this.form.name = line?.name ?? "";
    this.form.goodFolder = line?.goodFolder ?? "";
    this.form.watchFolder = line?.watchFolder ?? "";
    this.form.falseRejectLimit = LIMITS.find((limit) => limit === line?.model?.promise.falseRejectLimit) ?? 0.01;
    if (line?.learning) this.#onEvent({ type: "learning", progress: line.learning });
    shell.onEvent((event) => this.#onEvent(event));
    this.lookAgain(0);
  }

  readonly learning = $derived.by(() => this.#shell.line?.learning ?? null);
  /** Why Learn cannot be pressed now; null when it can. */
  readonly why = $derived.by(() => whyNot(this.form, this.look, this.starting));

  /** Looks at the good parts' folder, after a pause in typing. */
  lookAgain(pauseMillis = TYPING_PAUSE_MILLIS): void {
    clearTimeout(this.#timer);
    const number = ++this.#lookNumber;
    const path = this.form.goodFolder.trim();
    this.look = path === "" ? { state: "none" } : { state: "looking" };
    if (path !== "") this.#timer = setTimeout(() => void this.#look(path, number), pauseMillis);
  }

  async browse(field: "goodFolder" | "watchFolder"): Promise<void> {
    try {
      const chosen = await this.#shell.host.chooseFolder();
      if (chosen === null) return;
      this.form[field] = chosen;
      if (field === "goodFolder") this.lookAgain(0);
    } catch (cause) {
      this.error = toHostError(cause);
    }
  }

  async learn(): Promise<void> {
    if (this.why !== null) return;
    [this.starting, this.error, this.cancelled] = [true, null, false];
    const form = $state.snapshot(this.form);
    try {
      const setup = { ...form, name: form.name.trim(), goodFolder: form.goodFolder.trim(), watchFolder: form.watchFolder.trim() };
      await this.#shell.host.startLearning(setup);
    } catch (cause) {
      this.error = toHostError(cause);
      this.starting = false;
    }
  }

  async cancel(): Promise<void> {
    this.cancelling = true;
    try {
      await this.#shell.host.cancelLearning();
    } catch (cause) {
      this.error = toHostError(cause);
      this.cancelling = false;
    }
  }

  async #look(path: string, number: number): Promise<void> {
    let next: Look;
    try {
      const folder: FolderView = await this.#shell.host.lookAtFolder(path, this.form.falseRejectLimit);
      next = { state: "seen", folder, number };
    } catch (cause) {
      next = { state: "failed", error: toHostError(cause) };
    }
    // Answers may overtake each other; only the last question counts.
    if (number === this.#lookNumber) this.look = next;
  }

  #onEvent(event: LineEvent): void {
    if (event.type === "learning") {
      this.starting = false;
      const { stage, loss } = event.progress;
      if (stage === "read") this.losses = [];
      if (loss !== null) this.losses = thinned([...this.losses, loss]);
    } else if (event.type === "learned" || event.type === "learningStopped") {
      [this.starting, this.cancelling, this.losses] = [false, false, []];
      if (event.type === "learningStopped") [this.error, this.cancelled] = [event.error, event.error === null];
    }
  }
}

function thinned(losses: number[]): number[] {
  return losses.length > CURVE ? losses.filter((_, i) => i % 2 === 0 || i === losses.length - 1) : losses;
}
