/** How the picture lies in its window: moved and magnified, about the point that a person looks at. */
import type { At, Size } from "./shapes";

const MOST = 40;
const STEP = 1.25;
/** What is moved by keys stays at least so far inside the window, in its pixels. */
const EDGE = 40;

export class Viewport {
  /** Screen pixels for a pixel of the picture. */
  scale = $state(1);
  left = $state(0);
  top = $state(0);
  #window: Size = { width: 1, height: 1 };
  #picture: Size = { width: 1, height: 1 };
  /** The person has not moved the picture: it follows the window's size. */
  #fits = true;

  /** The window or the picture has another size. */
  resize(window: Size, picture: Size): void {
    const isOther = picture.width !== this.#picture.width || picture.height !== this.#picture.height;
    [this.#window, this.#picture] = [window, picture];
    if (isOther || this.#fits) this.fit();
  }

  fit(): void {
    const { width, height } = this.#picture;
    this.scale = Math.max(1e-3, Math.min(this.#window.width / width, this.#window.height / height));
    this.left = (this.#window.width - width * this.scale) / 2;
    this.top = (this.#window.height - height * this.scale) / 2;
    this.#fits = true;
  }

  /** Magnifies by steps about a point of the window; its middle unless said. */
  zoom(steps: number, about: At = { x: this.#window.width / 2, y: this.#window.height / 2 }): void {
    this.magnify(STEP ** steps, about);
  }

  /** So many times larger about a point of the window, within what makes sense. */
  magnify(by: number, about: At): void {
    const least = Math.min(1, this.#window.width / this.#picture.width, this.#window.height / this.#picture.height) / 2;
    const scale = Math.max(least, Math.min(MOST, this.scale * by));
    const held = this.toPicture(about);
    [this.scale, this.#fits] = [scale, false];
    [this.left, this.top] = [about.x - held.x * scale, about.y - held.y * scale];
  }

  pan(dx: number, dy: number): void {
    [this.left, this.top, this.#fits] = [this.left + dx, this.top + dy, false];
  }

  /** Moves the picture just so far that this point of it lies well inside the window. */
  show(point: At): void {
    // All of it is in sight.
    if (this.#fits) return;
    const { x, y } = this.#toWindow(point);
    const [dx, dy] = [inward(x, this.#window.width), inward(y, this.#window.height)];
    if (dx !== 0 || dy !== 0) this.pan(dx, dy);
  }

  /** Where a point of the picture lies in the window; undefined while it is out of sight. */
  seen(point: At): At | undefined {
    const { x, y } = this.#toWindow(point);
    return x >= 0 && y >= 0 && x <= this.#window.width && y <= this.#window.height ? { x, y } : undefined;
  }

  toPicture(inWindow: At): At {
    return { x: (inWindow.x - this.left) / this.scale, y: (inWindow.y - this.top) / this.scale };
  }

  #toWindow(inPicture: At): At {
    return { x: this.left + inPicture.x * this.scale, y: this.top + inPicture.y * this.scale };
  }
}

/** How far to move what lies nearer to the window's edges than it should, or beyond them. */
function inward(at: number, length: number): number {
  const edge = Math.min(EDGE, length / 2);
  return Math.max(edge, Math.min(length - edge, at)) - at;
}
