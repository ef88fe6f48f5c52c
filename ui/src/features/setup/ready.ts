/** When learning may start, and if not, the one reason that stands first. */
import type { FolderView, HostError, SetupRequest } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";

/** What is known of the good parts' folder. `number` tells one look from the next. */
export type Look =
  | { state: "none" }
  | { state: "looking" }
  | { state: "seen"; folder: FolderView; number: number }
  | { state: "failed"; error: HostError };

export function whyNot(
  form: Omit<SetupRequest, "arrivals" | "recipe">,
  look: Look,
  starting: boolean,
  numbersFit: boolean,
  patternsFit: boolean,
): PlainKey | null {
  if (starting) return "setup.why.starting";
  if (form.name.trim() === "") return "setup.why.name";
  if (form.goodFolder.trim() === "") return "setup.why.good";
  if (look.state === "failed") return "setup.why.folder";
  if (look.state !== "seen") return "setup.why.looking";
  if (look.folder.pictures < look.folder.minimum) return "setup.why.few";
  if (form.watchFolder.trim() === "") return "setup.why.watch";
  if (bare(form.watchFolder) === bare(form.goodFolder)) return "setup.why.same";
  if (!patternsFit) return "setup.why.names";
  if (!numbersFit) return "setup.why.normal";
  return null;
}

function bare(path: string): string {
  return path.trim().replace(/[/\\]+$/, "");
}
