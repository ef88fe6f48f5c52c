/** Draws invented parts as SVG: a turned ring with knurling and a printed mark, its defects, and their heat map. */
import { seeded, type Draw } from "./random";

export type Defect = { kind: "scratch" | "pit" | "stain" | "chip"; angle: number; radius: number };

const SIZE = { width: 640, height: 480 };
const CENTRE = { x: 320, y: 240 };

export function partSvg(draw: Draw, defect: Defect | null): string {
  const turn = draw() * 8 - 4;
  const light = 120 + draw() * 50;
  const knurls = Array.from({ length: 90 }, (_, i) => {
    const a = (i / 90) * 2 * Math.PI;
    const [c, s] = [Math.cos(a), Math.sin(a)];
    return `M${(c * 178).toFixed(1)} ${(s * 178).toFixed(1)}L${(c * 200).toFixed(1)} ${(s * 200).toFixed(1)}`;
  }).join("");
  return svg(`<defs><radialGradient id="b" cx="${(light / 320).toFixed(2)}" cy=".3" r=".9"><stop offset="0" stop-color="#6d7472"/>
    <stop offset="1" stop-color="#24292a"/></radialGradient><linearGradient id="m" x1="0" y1="0" x2="1" y2="1">
    <stop offset="0" stop-color="#e3e7e6"/><stop offset=".35" stop-color="#8d9593"/><stop offset=".55" stop-color="#d0d5d3"/>
    <stop offset="1" stop-color="#6b7371"/></linearGradient></defs><rect width="640" height="480" fill="url(#b)"/>
    <g transform="translate(320 240) rotate(${turn.toFixed(1)})"><circle r="204" fill="#0b0d0d" opacity=".35" cx="6" cy="10"/>
    <circle r="202" fill="#777f7d"/><path d="${knurls}" stroke="#3c4443" stroke-width="5"/>
    <circle r="178" fill="url(#m)"/>${[168, 158, 146, 134, 122].map((r) => `<circle r="${r}" fill="none" stroke="#59615f" stroke-opacity=".25"/>`).join("")}
    <circle r="98" fill="#181c1c"/><circle r="98" fill="none" stroke="#f1f4f3" stroke-opacity=".5" stroke-width="3"/>
    <g fill="#20302f"><rect x="-44" y="-150" width="26" height="26"/><rect x="-10" y="-150" width="10" height="26"/>
    <rect x="8" y="-150" width="34" height="8"/><rect x="8" y="-132" width="20" height="8"/></g></g>${defect ? mark(defect) : ""}`);
}

export function heatSvg(draw: Draw, defect: Defect | null): string {
  const blobs = Array.from({ length: 5 }, () => {
    const at = pointOf({ kind: "pit", angle: draw() * 6.28, radius: 110 + draw() * 60 });
    return blob(at, 34, 0.1 + draw() * 0.12);
  });
  if (defect) blobs.push(blob(pointOf(defect), 88, 0.95));
  return svg(`<defs><radialGradient id="h"><stop offset="0" stop-color="#ff2d12"/><stop offset=".4" stop-color="#ffb000" stop-opacity=".75"/>
    <stop offset=".75" stop-color="#1f8fd6" stop-opacity=".35"/><stop offset="1" stop-color="#1f8fd6" stop-opacity="0"/></radialGradient></defs>${blobs.join("")}`);
}

/** Four parts with defects, and below them what a run finds after so many looks. */
export function glancesSvg(looks: number): string {
  const sure = 1 - Math.exp(-looks / 5);
  const parts = [0, 1, 2, 3].flatMap((place) => {
    const [draw, defect] = [seeded(7000 + place), { kind: "stain", angle: 0.9 + 1.4 * place, radius: 130 } satisfies Defect];
    const { x, y } = pointOf(defect);
    const bare = inner(partSvg(draw, defect));
    const frame = (row: number, over: string) =>
      `<svg x="${place * 230 + 6}" y="${row * 176 + 6}" width="224" height="170" viewBox="0 0 ${SIZE.width} ${SIZE.height}">${bare}${over}</svg>`;
    const outline = `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="48" fill="none" stroke="#ff00aa" stroke-width="5"/>`;
    const found = `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${(150 - 100 * sure).toFixed(0)}" fill="#d61620" opacity="${(0.15 + 0.6 * sure).toFixed(2)}"/>`;
    return [frame(0, outline), frame(1, found)];
  });
  const source = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 926 358" width="926" height="358"><rect width="926" height="358" fill="#606870"/>${parts.join("")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(source)}`;
}

const inner = (url: string): string => decodeURIComponent(url.slice(url.indexOf(",") + 1)).replace(/^<svg[^>]*>|<\/svg>$/g, "");

function blob(at: { x: number; y: number }, radius: number, opacity: number): string {
  return `<circle cx="${at.x.toFixed(0)}" cy="${at.y.toFixed(0)}" r="${radius}" fill="url(#h)" opacity="${opacity.toFixed(2)}"/>`;
}

function mark(defect: Defect): string {
  const { x, y } = pointOf(defect);
  const at = `translate(${x.toFixed(0)} ${y.toFixed(0)}) rotate(${((defect.angle * 180) / Math.PI + 60).toFixed(0)})`;
  const shapes: Record<Defect["kind"], string> = {
    scratch: `<path d="M-46 -5C-20 2 14 -7 50 4" fill="none" stroke="#f7faf9" stroke-width="3"/>`,
    pit: `<circle r="11" fill="#1b2020"/><circle r="11" cx="2" cy="2" fill="none" stroke="#e8eceb" stroke-opacity=".6"/>`,
    stain: `<ellipse rx="34" ry="22" fill="#4b3a22" opacity=".55"/>`,
    chip: `<path d="M-16 -14L14 -18L24 6L0 20L-22 10Z" fill="#2b302f"/>`,
  };
  return `<g transform="${at}">${shapes[defect.kind]}</g>`;
}

export function pointOf({ angle, radius }: Defect): { x: number; y: number } {
  return { x: CENTRE.x + Math.cos(angle) * radius, y: CENTRE.y + Math.sin(angle) * radius };
}

function svg(body: string): string {
  const source = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}">${body}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(source)}`;
}
