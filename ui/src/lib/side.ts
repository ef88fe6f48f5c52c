/** How large a picture is asked for: as fine as the screen shows it, and no finer. */

/** Sides are asked for in steps, so that resizing the window does not ask for a new picture at each pixel. */
const STEP = 160;
/** The host makes no longer side. */
const LONGEST = 4096;

/** The longer side to ask for, of a picture of this size whose pixels are shown `scale` pixels of the window large. */
export function sideFor(size: { width: number; height: number }, scale: number): number {
  // The host makes no picture larger than it is.
  const pixels = Math.max(size.width, size.height) * Math.min(1, scale * devicePixelRatio);
  return Math.min(LONGEST, Math.max(STEP, Math.ceil(pixels / STEP) * STEP));
}
