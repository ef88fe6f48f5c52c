/** The Train screen's state: what there is to learn from, the run, and what became of it. */
import { toHostError, type HostError, type LineEvent, type TrainingView } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";
import { Run } from "../learning/run.svelte";
import type { ModelDesk } from "../models/desk.svelte";
import type { Shell } from "../shell/shell.svelte";
import { Saving } from "./saving.svelte";

/** How the last run of this window ended. */
export type Ended = "promoted" | "passed" | "refused" | "nothingNew" | "triedBefore" | "cancelled";

export class Train {
  /** Null until it was read. */
  training = $state.raw<TrainingView | null>(null);
  /** Why that cannot be read. */
  error = $state.raw<HostError | null>(null);
  /** Why a run could not begin, or what ended it. */
  failed = $state.raw<HostError | null>(null);
  ended = $state.raw<Ended | null>(null);
  starting = $state(false);
  readonly run: Run;
  readonly saving: Saving;
  #shell: Shell;
  #desk: ModelDesk;
  #reading = 0;
  /** The challenger of the last run. */
  #tried = $state.raw<string | null>(null);
  /** New labels as they were counted when the last run had ended: some of them no run learns from. */
  #newAtEnd = $state.raw<number | null>(null);

  constructor(shell: Shell, desk: ModelDesk) {
    [this.#shell, this.#desk, this.run] = [shell, desk, new Run(shell)];
    this.saving = new Saving(() => shell.host, () => shell.line?.learning != null);
    shell.onEvent((event) => this.#onEvent(event));
  }

  /** Why Retrain cannot be pressed now; null when it can. A missing trial does not stop learning, it stops promotion. */
  readonly why = $derived.by((): PlainKey | null => {
    if (this.starting) return "setup.why.starting";
    if (this.#shell.line?.learning) return "error.busy";
    const missing = this.training?.missing.map(({ kind }) => kind) ?? [];
    if (missing.includes("model")) return "train.why.model";
    if (missing.includes("good")) return "train.why.good";
    return missing.includes("defects") ? "train.why.defects" : null;
  });
  /** The challenger of the newest trial, while the line still has it. */
  readonly challenger = $derived.by(() => this.#desk.find(this.training?.lastTrial?.challenger ?? null));

  /** How the last run ended, for as long as that is still so. */
  readonly endShown = $derived.by((): Ended | null => {
    const tried = this.#desk.find(this.#tried);
    if (this.ended === "promoted" && tried && !tried.live) return null;
    if (this.ended === "passed" && tried?.live) return null;
    const nothing = this.ended === "nothingNew" || this.ended === "triedBefore";
    if (nothing && this.#newAtEnd !== null && this.training?.newLabels !== this.#newAtEnd) return null;
    return this.ended;
  });

  async open(): Promise<void> {
    const reading = ++this.#reading;
    void this.saving.open();
    try {
      const training = await this.#shell.host.training();
      if (reading !== this.#reading) return;
      [this.training, this.error] = [training, null];
      this.#newAtEnd ??= training.newLabels;
    } catch (cause) {
      if (reading === this.#reading) this.error = toHostError(cause);
    }
  }

  async start(): Promise<void> {
    if (!this.training || this.why !== null) return;
    [this.starting, this.failed, this.ended] = [true, null, null];
    // Before the first report comes: from then on the bar says what the run is.
    this.#shell.retraining = true;
    try {
      await this.#shell.host.startRetraining();
    } catch (cause) {
      [this.failed, this.starting, this.#shell.retraining] = [toHostError(cause), false, false];
    }
  }

  async cancel(): Promise<void> {
    if (!this.run.progress || this.run.cancelling) return;
    try {
      await this.run.cancel();
    } catch (cause) {
      this.failed = toHostError(cause);
    }
  }

  #onEvent(event: LineEvent): void {
    this.run.take(event);
    if (event.type === "learning") this.starting = false;
    if (event.type === "retrainDone") {
      this.ended = endOf(event);
      [this.#tried, this.#newAtEnd] = [event.trial?.challenger ?? null, null];
    } else if (event.type === "learningStopped" && this.#shell.retraining) {
      [this.failed, this.ended] = [event.error, event.error ? null : "cancelled"];
    } else if (event.type !== "modelChanged" && event.type !== "learned") {
      return;
    }
    this.starting = false;
    void this.open();
  }
}

function endOf({ nothingNew, before, promoted, trial }: Extract<LineEvent, { type: "retrainDone" }>): Ended {
  if (nothingNew) return "nothingNew";
  if (before) return "triedBefore";
  if (promoted) return "promoted";
  // It may judge and does not: another model was let judge while it learned.
  return trial?.passed ? "passed" : "refused";
}
