/** WCAG 2.2 AA contrast of every pair of ink and ground, in both appearances. */
import { describe, expect, it } from "vitest";
import tokens from "./tokens.css?raw";

const AA_TEXT = 4.5;
const AA_SHAPE = 3;

/** Ink on ground, as components use them. */
const TEXT = [
  ...["paper", "surface", "raised"].flatMap((ground) =>
    ["ink", "ink-soft", "accent", "pass-text", "review-text", "reject-text", "unreadable-text"].map((ink) => [ink, ground]),
  ),
  ["accent-ink", "accent"],
  ["ink", "accent-soft"],
  ["bar-ink", "bar"],
  ["bar-soft", "bar"],
  ["bar", "bar-ink"],
  ["stage-ink", "stage"],
  ["stage-soft", "stage"],
  ["stage", "stage-ink"],
  ...["pass", "review", "reject", "unreadable"].map((verdict) => [`${verdict}-ink`, verdict]),
] as [string, string][];

/** Borders of controls, focus rings and signs. */
const SHAPES = [
  ...["paper", "surface", "raised"].flatMap((ground) => ["edge", "accent"].map((ink) => [ink, ground])),
  ["bar-ink", "bar"],
  ["stage-ink", "stage"],
] as [string, string][];

function colours(theme: string): Record<string, string> {
  const block = new RegExp(`data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(tokens)?.[1] ?? "";
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
}

/** WCAG 2.2, "relative luminance". */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

it("agrees with the published extremes", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

describe.each(["light", "dark"])("in %s", (theme) => {
  const named = colours(theme);
  const between = (ink: string, ground: string) => contrast(named[ink] ?? "", named[ground] ?? "");
  it.each(TEXT)("text %s on %s is readable", (ink, ground) => expect(between(ink, ground)).toBeGreaterThanOrEqual(AA_TEXT));
  it.each(SHAPES)("shape %s on %s is seen", (ink, ground) => expect(between(ink, ground)).toBeGreaterThanOrEqual(AA_SHAPE));
});
