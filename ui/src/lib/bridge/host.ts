/** What the window may ask of its host. Two implementations stand behind it: the real shell, and a fake for browsers. */
import type { FolderView, HostError, LineEvent, LineView, PartView, SetupRequest } from "./bindings";

/** Which picture is wanted. */
export type Picture =
  | { of: "part"; id: number; view: "picture" | "thumb" | "heat" }
  /** A sample of the good parts' folder; `look` tells one look at a folder from the next, so that no cache lies. */
  | { of: "sample"; index: number; look: number };

export interface Host {
  lineState(): Promise<LineView>;
  /** Asks the person for a folder; null when they changed their mind. */
  chooseFolder(): Promise<string | null>;
  lookAtFolder(path: string, falseRejectLimit: number): Promise<FolderView>;
  startLearning(setup: SetupRequest): Promise<void>;
  cancelLearning(): Promise<void>;
  /** Judges the known parts; what the line is afterwards. */
  checkLine(): Promise<LineView>;
  /** Parts older than `before`, newest first. */
  recentParts(before: number | null, limit: number): Promise<PartView[]>;
  /** Hands on every event until the returned function is called. */
  subscribe(handler: (event: LineEvent) => void): Promise<() => void>;
  /** The address of a picture; `widthPixels` is how wide it is shown, in device pixels. */
  pictureUrl(picture: Picture, widthPixels?: number): string;
}

/** Turns whatever a rejected promise carried into an error the window can put in words. */
export function toHostError(cause: unknown): HostError {
  if (typeof cause === "object" && cause !== null && "code" in cause && "detail" in cause) return cause as HostError;
  return { code: "internal", detail: cause instanceof Error ? cause.message : String(cause) };
}
