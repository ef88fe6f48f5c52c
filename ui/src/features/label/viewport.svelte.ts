/** How the picture lies in its window: moved and magnified, about the point that a person looks at. */
import type { At, Size } from "./shapes";

const MOST = 40;
const STEP = 1.25;

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
    const least = Math.min(1, this.#window.width / this.#picture.width, this.#window.height / this.#picture.height) / 2;
    const scale = Math.max(least, Math.min(MOST, this.scale * STEP ** steps));
    const held = this.toPicture(about);
    [this.scale, this.#fits] = [scale, false];
    [this.left, this.top] = [about.x - held.x * scale, about.y - held.y * scale];
  }

  pan(dx: number, dy: number): void {
    [this.left, this.top, this.#fits] = [this.left + dx, this.top + dy, false];
  }

  toPicture(inWindow: At): At {
    return { x: (inWindow.x - this.left) / this.scale, y: (inWindow.y - this.top) / this.scale };
  }
}
