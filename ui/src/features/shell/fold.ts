/** How one event changes what the window knows of the line. Pure, so that every case can be tested. */
import type { LineEvent, LineView } from "$lib/bridge";

/** As many of the latest parts as the host itself hands out. */
export const LATEST = 60;

export function foldEvent(line: LineView, event: LineEvent): LineView {
  switch (event.type) {
    case "source":
      return { ...line, source: event.source };
    case "judged": {
      // An event that was under way while the state was read is in that state already; its counters are older.
      const newest = line.latest[0];
      if (newest && event.part.id <= newest.id) return line;
      return { ...line, counters: event.counters, latest: [event.part, ...line.latest].slice(0, LATEST) };
    }
    case "drift":
      return { ...line, drift: event.drift };
    case "alarms":
      return { ...line, alarms: event.alarms };
    case "device":
      return { ...line, device: event.device };
    case "learning":
      return { ...line, learning: event.progress };
    case "learned":
      return { ...event.line, learning: null };
    case "modelChanged":
      return { ...event.line, learning: line.learning };
    case "retrainDone":
    case "learningStopped":
      return { ...line, learning: null };
    case "storeFailed":
      return line;
  }
}
