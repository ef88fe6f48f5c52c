/** A shell for tests of the Live screen: a line that reacts, and a host that answers as the test says. */
import { vi } from "vitest";
import type { LineView, PartView } from "$lib/bridge";

export function fakeShell(start: LineView) {
  let line = $state.raw(start);
  return {
    host: { recentParts: vi.fn<(before: number | null, limit: number) => Promise<PartView[]>>() },
    get line() {
      return line;
    },
    set line(next: LineView) {
      line = next;
    },
  };
}
