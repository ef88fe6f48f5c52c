/** A learning run as this window follows it, from good parts or from labels: how far it is, its losses, and the way out. */
import type { LearnStage, LineEvent } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";
import { LABEL_STAGES, RENEWED_STAGES, STAGES } from "./words";

/** Points of the loss curve. When it is full every second one goes, so that the whole run stays on it. */
const CURVE = 240;

export class Run {
  losses = $state.raw<number[]>([]);
  cancelling = $state(false);
  #shell: Shell;
  /** Tells the pictures of one run from those of the next. */
  #run = $state(0);
  /** A retraining run that found other good parts learns from them first. */
  #fromGoodParts = $state(false);

  constructor(shell: Shell) {
    this.#shell = shell;
    if (shell.line?.learning) this.take({ type: "learning", progress: shell.line.learning });
  }

  readonly progress = $derived.by(() => this.#shell.line?.learning ?? null);
  /** Where the picture of what is found on a few fixed parts is; null before the first look. */
  readonly glances = $derived.by(() => {
    const { stage, looks } = this.progress ?? { looks: 0 };
    return looks > 0 ? this.#shell.host.pictureUrl({ of: "learning", look: `${this.#run}-${stage}-${looks}` }) : null;
  });
  readonly stages = $derived.by((): LearnStage[] => {
    if (!this.#shell.retraining) return STAGES;
    return this.#fromGoodParts ? RENEWED_STAGES : LABEL_STAGES;
  });

  /** Asks for the end of the run. Rejects when the host refuses. */
  async cancel(): Promise<void> {
    this.cancelling = true;
    try {
      await this.#shell.host.cancelLearning();
    } catch (cause) {
      this.cancelling = false;
      throw cause;
    }
  }

  take(event: LineEvent): void {
    if (event.type === "learning") {
      const { stage, loss } = event.progress;
      if (stage === "read") this.losses = [];
      if (stage === "pretrain" || stage === "bank") this.#fromGoodParts = true;
      if (loss !== null) this.losses = thinned([...this.losses, loss]);
    } else if (event.type === "learned" || event.type === "retrainDone" || event.type === "learningStopped") {
      [this.cancelling, this.losses, this.#fromGoodParts] = [false, [], false];
      this.#run += 1;
    }
  }
}

function thinned(losses: number[]): number[] {
  return losses.length > CURVE ? losses.filter((_, i) => i % 2 === 0 || i === losses.length - 1) : losses;
}
