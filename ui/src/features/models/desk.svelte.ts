/** The line's models and what may be done with them: one list for the Train and the Models screen, and for Live the shadow. */
import { toHostError, type ExportFormat, type HostError, type LineEvent, type ModelView, type ShadowView } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";
import { folded } from "./folded";
import { standingOf } from "./standing";

/** How often the comparison with a shadow is read anew while parts are judged. */
const SHADOW_MILLIS = 2000;

export class ModelDesk {
  /** Null until they were read. */
  models = $state.raw<ModelView[] | null>(null);
  shadow = $state.raw<ShadowView | null>(null);
  /** Why the models cannot be read. */
  error = $state.raw<HostError | null>(null);
  /** Why the last action was refused. */
  refused = $state.raw<HostError | null>(null);
  /** An action is under way; a second press does nothing. */
  acting = $state(false);
  /** What the last action wrote or read. */
  done = $state.raw<{ what: "written" | "imported"; name: string } | null>(null);
  #shell: Shell;
  #chosen = $state<string | null>(null);
  #shadowRead = 0;
  #reading = 0;

  constructor(shell: Shell) {
    this.#shell = shell;
    shell.onEvent((event) => this.#onEvent(event));
  }

  /** The model whose details are shown: the newest until a person chooses. */
  readonly chosen = $derived.by(() => this.find(this.#chosen) ?? this.models?.[0] ?? null);

  find(id: string | null): ModelView | null {
    return this.models?.find((model) => model.id === id) ?? null;
  }

  choose(id: string): void {
    [this.#chosen, this.done, this.refused] = [id, null, null];
  }

  /** Moves along the list as it is shown: positive is older, and what is folded away comes last. */
  move(steps: number): void {
    const { shown, older } = folded(this.models ?? []);
    const list = [...shown, ...older];
    const target = list[list.findIndex(({ id }) => id === this.chosen?.id) + steps];
    if (target) this.choose(target.id);
  }

  async open(): Promise<void> {
    const reading = ++this.#reading;
    try {
      const models = await this.#shell.host.models();
      // Answers may overtake each other; only the last question counts.
      if (reading === this.#reading) [this.models, this.error] = [models, null];
    } catch (cause) {
      if (reading === this.#reading) this.error = toHostError(cause);
    }
    await this.readShadow();
  }

  async readShadow(): Promise<void> {
    this.#shadowRead = Date.now();
    try {
      this.shadow = await this.#shell.host.shadowReport();
    } catch {
      // A comparison that is missing disturbs nobody at the line; the list of models tells what is wrong.
      this.shadow = null;
    }
  }

  promote = (id: string): Promise<void> => this.#act(id, "promote", () => this.#shell.host.promoteModel(id));
  rollBack = (): Promise<void> => this.#act(null, "rollBack", () => this.#shell.host.rollBack());

  /** Lets a model judge beside the live one, or ends that. */
  toggleShadow = (id: string): Promise<void> => {
    if (this.find(id)?.shadow) return this.#act(null, null, () => this.#shell.host.stopShadow());
    return this.#act(id, "shadow", () => this.#shell.host.startShadow(id));
  };

  export = (id: string, format: ExportFormat): Promise<void> =>
    this.#act(id, null, async () => {
      const name = await this.#shell.host.exportModel(id, format);
      if (name !== null) this.done = { what: "written", name };
    });

  import = (): Promise<void> =>
    this.#act(null, null, async () => {
      const name = await this.#shell.host.importModel();
      if (name !== null) [this.done, this.#chosen] = [{ what: "imported", name }, name];
    });

  async #act(id: string | null, action: "promote" | "shadow" | "rollBack" | null, act: () => Promise<void>): Promise<void> {
    // A key does no more than the button that it stands on.
    if (this.acting || (action && standingOf(this.find(id), this.models ?? [])[action] !== null)) return;
    [this.acting, this.refused, this.done] = [true, null, null];
    try {
      await act();
    } catch (cause) {
      this.refused = toHostError(cause);
    }
    await this.open();
    this.acting = false;
  }

  #onEvent(event: LineEvent): void {
    // A run that stopped may have left a model that known parts keep from judging.
    const changes = ["modelChanged", "retrainDone", "learned", "learningStopped"];
    if (changes.includes(event.type)) void this.open();
    if (event.type === "judged" && this.shadow && Date.now() - this.#shadowRead > SHADOW_MILLIS) void this.readShadow();
  }
}
