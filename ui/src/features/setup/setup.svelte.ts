/** The Set-up screen's state: what was entered, what the good parts' folder holds, and the learning run. */
import { toHostError, type FolderView, type HostError, type LineEvent, type RecipeView, type SetupRequest } from "$lib/bridge";
import { Run } from "../learning/run.svelte";
import type { Shell } from "../shell/shell.svelte";
import type { Areas } from "./areas.svelte";
import { Names } from "./names.svelte";
import { whyNot, type Look } from "./ready";

export const LIMITS = [0.005, 0.01, 0.02, 0.05];
const TYPING_PAUSE_MILLIS = 400;

/** What may change from one good part to the next; fractions in the recipe, per cent on screen. */
export type VariationKey = "shift" | "brightness" | "contrast" | "gradient";
const VARIATIONS: VariationKey[] = ["shift", "brightness", "contrast", "gradient"];
/** Beyond these nothing would be a defect any more; the line refuses more. */
export const LARGEST: Record<VariationKey, number> = { shift: 0.25, brightness: 0.5, contrast: 0.8, gradient: 0.8 };

export class Setup {
  form = $state<Omit<SetupRequest, "arrivals" | "recipe">>({
    name: "",
    goodFolder: "",
    watchFolder: "",
    falseRejectLimit: 0.01,
    mayTurn: false,
    mayFlip: false,
    allWays: false,
    grain: false,
  });
  align = $state(false);
  areas = $state.raw<Areas>({ region: null, ignore: [] });
  /** As they stand in their fields; nothing while a field is empty. */
  percents = $state<Record<VariationKey, number | null | undefined>>({ shift: 0, brightness: 10, contrast: 20, gradient: 0 });
  look = $state.raw<Look>({ state: "none" });
  error = $state.raw<HostError | null>(null);
  readonly run: Run;
  readonly names: Names;
  cancelled = $state(false);
  starting = $state(false);
  #shell: Shell;
  #lookNumber = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.run = new Run(shell);
    this.names = new Names(shell, () => this.form.watchFolder);
    const line = shell.line;
    this.form.name = line?.name ?? "";
    this.form.goodFolder = line?.goodFolder ?? "";
    this.form.watchFolder = line?.watchFolder ?? "";
    this.form.falseRejectLimit = LIMITS.find((limit) => limit === line?.model?.promise.falseRejectLimit) ?? 0.01;
    if (line) {
      const { region, ignore, align } = line.recipe;
      this.align = align;
      const { mayTurn, mayFlip, allWays, grain } = line;
      Object.assign(this.form, { mayTurn, mayFlip, allWays, grain });
      this.areas = { region, ignore };
      for (const key of VARIATIONS) this.percents[key] = inPercent(line.recipe[key]);
    }
    shell.onEvent((event) => this.#onEvent(event));
    this.lookAgain(0);
  }

  /** Why Learn cannot be pressed now; null when it can. */
  readonly why = $derived.by(() => whyNot(this.form, this.look, this.starting, this.recipe !== null, this.names.tried.state !== "wrong"));
  /** What was drawn and entered; null while a number is out of range. */
  readonly recipe = $derived.by((): RecipeView | null => {
    const [shift, brightness, contrast, gradient] = VARIATIONS.map((key) => this.fractionOf(key));
    if (shift == null || brightness == null || contrast == null || gradient == null) return null;
    return { ...this.areas, align: this.align, shift, brightness, contrast, gradient };
  });

  /** Parts that lie one way alone have no other to be looked at. */
  readonly hasWays = $derived(this.form.mayTurn || this.form.mayFlip);

  /** The fraction that a field says; null when it says none that the line takes. */
  fractionOf(key: VariationKey): number | null {
    const fraction = (this.percents[key] ?? NaN) / 100;
    return fraction >= 0 && fraction <= LARGEST[key] ? fraction : null;
  }

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
      else this.names.tryAgain(0);
    } catch (cause) {
      this.error = toHostError(cause);
    }
  }

  async learn(): Promise<void> {
    const recipe = this.recipe;
    if (this.why !== null || recipe === null) return;
    [this.starting, this.error, this.cancelled] = [true, null, false];
    const form = $state.snapshot(this.form);
    try {
      const setup = { ...form, name: form.name.trim(), goodFolder: form.goodFolder.trim(), watchFolder: form.watchFolder.trim(), allWays: form.allWays && this.hasWays, arrivals: this.names.arrivals, recipe };
      await this.#shell.host.startLearning(setup);
    } catch (cause) {
      this.error = toHostError(cause);
      this.starting = false;
    }
  }

  async cancel(): Promise<void> {
    try {
      await this.run.cancel();
    } catch (cause) {
      this.error = toHostError(cause);
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
    this.run.take(event);
    if (event.type === "learning" || event.type === "learned") this.starting = false;
    if (event.type !== "learningStopped") return;
    this.starting = false;
    // How a retraining run ended is told where it was begun.
    if (!this.#shell.retraining) [this.error, this.cancelled] = [event.error, event.error === null];
  }
}

/** Per cent without the digits that single precision leaves behind. */
function inPercent(fraction: number): number {
  return Math.round(fraction * 10_000) / 100;
}
