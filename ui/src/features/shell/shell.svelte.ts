/** What the whole window shares: the line as last told, which screen is open, language and appearance. */
import { connect, toHostError, type ArrivalsView, type Host, type HostError, type LineEvent, type LineView } from "$lib/bridge";
import { i18n } from "$lib/i18n";
import { foldEvent } from "./fold";
import { Preferences } from "./preferences.svelte";

export type Screen = "live" | "setup" | "gallery" | "label" | "train" | "models";
type Listener = (event: LineEvent) => void;

export class Shell {
  screen = $state<Screen>("live");
  /** Null until the host has answered. */
  line = $state.raw<LineView | null>(null);
  error = $state<HostError | null>(null);
  /** Why the last verdict could not be stored; cleared by the next that could. */
  storeFailure = $state<string | null>(null);
  /** The last learning run ended with an error. The bar says so: the person may be looking at Live. */
  learningFailed = $state(false);
  /** The run that goes on, or that an event just ended, learns from labels. */
  retraining = $state(false);
  /** The last of those ended with an error. */
  retrainingFailed = $state(false);
  keysShown = $state(false);
  readonly preferences = new Preferences();
  #host: Host | null = null;
  #listeners = new Set<Listener>();
  #unsubscribe: (() => void) | null = null;

  /** The connected host. Screens are shown only after `open`, so they always find one. */
  get host(): Host {
    if (!this.#host) throw new Error("the window is not connected yet");
    return this.#host;
  }

  /** Connects and reads the line. Events that arrive meanwhile are kept and applied to what was read. */
  async open(): Promise<void> {
    this.close();
    const again = this.error !== null;
    this.error = null;
    const early: LineEvent[] = [];
    try {
      this.#host ??= await connect();
      // The host opens the line once; after a failure it has to be asked.
      if (again) await this.#host.openAgain();
      this.#unsubscribe = await this.#host.subscribe((event) => (this.line ? this.#take(event) : early.push(event)));
      const line = await this.#host.lineState();
      this.screen = line.model ? "live" : "setup";
      this.line = line;
      for (const event of early) this.#take(event);
    } catch (cause) {
      this.close();
      this.error = toHostError(cause);
    }
  }

  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.line = null;
  }

  /** Tells a screen of every event after it was applied; returns how to stop. */
  onEvent(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Judges the known parts. What the line is afterwards is what the window shows. */
  async checkLine(): Promise<void> {
    this.#show(await this.host.checkLine());
  }

  /** Lets the line work by other patterns of names and folders. */
  async setArrivals(arrivals: ArrivalsView): Promise<void> {
    this.#show(await this.host.setArrivals(arrivals));
  }

  #show(line: LineView): void {
    // Verdicts that came while the answer was under way are newer than it.
    const shown = this.line;
    const newer = shown && (shown.latest[0]?.id ?? 0) > (line.latest[0]?.id ?? 0);
    this.line = newer ? { ...line, latest: shown.latest, counters: shown.counters } : line;
  }

  toggleLanguage(): void {
    this.preferences.setLanguage(i18n.language === "en" ? "zh" : "en");
  }

  #take(event: LineEvent): void {
    if (!this.line) return;
    this.line = foldEvent(this.line, event);
    if (event.type === "storeFailed") this.storeFailure = event.detail;
    if (event.type === "judged") this.storeFailure = null;
    // Who labels is not called away from it.
    if (event.type === "learned" && this.screen === "setup") this.screen = "live";
    // Known too when this window was opened in the middle of the run.
    if (event.type === "learning" && event.progress.stage === "fineTune") this.retraining = true;
    if (event.type === "learning" || event.type === "learned") this.#failed(false);
    if (event.type === "learningStopped") this.#failed(event.error !== null);
    for (const listener of this.#listeners) listener(event);
    if (event.type === "learned" || event.type === "retrainDone" || event.type === "learningStopped") this.retraining = false;
  }

  #failed(failed: boolean): void {
    [this.learningFailed, this.retrainingFailed] = this.retraining ? [false, failed] : [failed, false];
  }
}
