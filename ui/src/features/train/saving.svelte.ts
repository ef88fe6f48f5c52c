/** How many labels pretraining saves: what was measured last, and a measurement that goes on behind everything else. */
import { toHostError, type Host, type HostError, type LabelSavingView } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";

/** How often a measurement is asked how far it is. */
const ASK_AGAIN_MS = 1000;

export class Saving {
  /** Null until it was read. */
  view = $state.raw<LabelSavingView | null>(null);
  /** Why it cannot be read, begun or stopped. */
  error = $state.raw<HostError | null>(null);
  acting = $state(false);
  #host: () => Host;
  #learning: () => boolean;
  #reading = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: () => Host, learning: () => boolean) {
    [this.#host, this.#learning] = [host, learning];
  }

  readonly tooFew = $derived((this.view?.missingDefects ?? 0) > 0 || (this.view?.missingTest ?? 0) > 0);
  /** Why it cannot be measured now; null when it can. */
  readonly why = $derived.by((): PlainKey | null => {
    if (this.#learning()) return "saving.why.learning";
    return this.tooFew ? "saving.why.tooFew" : null;
  });

  async open(): Promise<void> {
    const reading = ++this.#reading;
    clearTimeout(this.#timer);
    try {
      const view = await this.#host().labelSaving();
      if (reading !== this.#reading) return;
      [this.view, this.error] = [view, null];
      if (view.measuring !== null) this.#timer = setTimeout(() => void this.open(), ASK_AGAIN_MS);
    } catch (cause) {
      if (reading === this.#reading) this.error = toHostError(cause);
    }
  }

  start = (): Promise<void> => this.#act((host) => host.startMeasuring());
  cancel = (): Promise<void> => this.#act((host) => host.cancelMeasuring());

  async #act(act: (host: Host) => Promise<void>): Promise<void> {
    if (this.acting) return;
    this.acting = true;
    try {
      await act(this.#host());
      await this.open();
    } catch (cause) {
      this.error = toHostError(cause);
    } finally {
      this.acting = false;
    }
  }
}
