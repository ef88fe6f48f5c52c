/** From part to part along the gallery's list. In a list of what labels would teach a decision is a step. */
import type { Editor } from "./editor.svelte";

export class Walk {
  #editor: Editor;

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  /** Where the open part stands in the list of what labels would teach that it was opened from; null elsewhere. */
  readonly lesson = $derived.by(() => {
    const { gallery, part } = this.#editor;
    const { list, shown } = gallery;
    const reason = shown.item(shown.at)?.part.id === part?.id ? shown.reason(shown.at) : null;
    return list === "all" || reason === null ? null : { list, reason, place: shown.at + 1, of: shown.total ?? 0 };
  });

  /** Opens the part at this place of the list. */
  async open(place: number): Promise<boolean> {
    const list = this.#editor.gallery.shown;
    const item = await list.part(place);
    if (!item) return false;
    list.at = place;
    await this.#editor.open(item.part);
    return true;
  }

  async step(steps: number): Promise<void> {
    if (!(await this.open(this.#editor.gallery.shown.at + steps))) this.#editor.hint = "label.hint.noNext";
  }

  /** The next part of the list that nobody has called complete. */
  async nextUnchecked(): Promise<void> {
    const list = this.#editor.gallery.shown;
    for (let place = list.at + 1; place < (list.total ?? 0); place += 1) {
      const item = await list.part(place);
      if (item && !item.checked) return void (await this.open(place));
    }
    this.#editor.hint = "label.hint.noNext";
  }

  /** The next part of a list of what labels would teach comes as soon as what was decided is kept. */
  async decided(): Promise<void> {
    const [editor, from] = [this.#editor, this.lesson];
    // While a part is being opened nothing can be said of it.
    if (!from || editor.loading) return;
    const part = editor.part;
    await editor.settled();
    if (editor.part !== part || editor.gallery.list !== from.list || editor.error) return;
    const list = editor.gallery.lessons.lists[from.list];
    const place = list.following(list.at);
    if (place === null) editor.hint = "label.hint.listDone";
    else await this.open(place);
  }
}
