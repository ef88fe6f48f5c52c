/** An attachment: takes the focus where the element that had it is gone with its screen, so that keys go on working. */
export function takesLostFocus(element: HTMLElement): void {
  if (document.activeElement === document.body) element.focus({ preventScroll: true });
}
