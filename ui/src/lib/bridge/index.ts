/** The only door between the window and its host. */
import { isTauri } from "@tauri-apps/api/core";
import type { Host } from "./host";

export type * from "./bindings";
export { toHostError, type Host, type Picture } from "./host";

/** Finds the host that this page runs in; rejects in a plain browser, save in development. */
export async function connect(): Promise<Host> {
  if (isTauri()) return (await import("./tauri")).tauriHost();
  // Both conditions are constants of the build: a release holds nothing of the fake.
  if (import.meta.env.DEV || import.meta.env.MODE === "fake") {
    return (await import("./fake")).fakeHost(new URLSearchParams(location.search));
  }
  throw new Error("no host: this page runs outside the Sightline window");
}
