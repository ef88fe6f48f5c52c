/** Which models the list shows at once, and which it folds away: a line of some years has hundreds. */
import type { ModelView } from "$lib/bridge";

/** Models that were made last, whatever became of them. */
const NEWEST = 10;

/** Both newest first, as they come. What judges, beside the live one or alone, is always shown. */
export function folded(models: ModelView[]): { shown: ModelView[]; older: ModelView[] } {
  const [shown, older]: [ModelView[], ModelView[]] = [[], []];
  models.forEach((model, at) => (at < NEWEST || model.live || model.shadow ? shown : older).push(model));
  return { shown, older };
}
