/**
 * Proves that no words live outside the message catalogue: both languages have the same keys, each key is used and
 * exists, and no component holds letters of its own. Ends with 1 and a list when it does not hold.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "svelte/compiler";

const SOURCE = fileURLToPath(new URL("../src", import.meta.url));
const CATALOGUE = join(SOURCE, "lib", "i18n");
const SPOKEN = new Set(["aria-label", "aria-description", "aria-valuetext", "aria-roledescription", "title", "placeholder", "alt", "label"]);
const LETTER = /\p{L}/u;

const findings = [];
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).map((path) => join(SOURCE, path));
checkKeys();
for (const path of files.filter((path) => path.endsWith(".svelte"))) checkComponent(path);
for (const finding of findings) console.error(finding);
console.log(findings.length === 0 ? "catalogue: complete, and no words outside it" : `catalogue: ${findings.length} findings`);
process.exit(findings.length === 0 ? 0 : 1);

function checkKeys() {
  const [english, chinese] = ["en.ts", "zh.ts"].map((name) => keysOf(join(CATALOGUE, name)));
  for (const key of english) if (!chinese.has(key)) findings.push(`zh.ts: no "${key}"`);
  for (const key of chinese) if (!english.has(key)) findings.push(`en.ts: no "${key}"`);

  const sources = files.filter((path) => /\.(svelte|ts)$/.test(path) && !path.startsWith(CATALOGUE) && !path.endsWith(".test.ts"));
  const text = sources.map((path) => readFileSync(path, "utf8")).join("\n");
  const quoted = new Set([...text.matchAll(/"([a-z][\w.]*)"/gi)].map(([, word]) => word));
  for (const key of english) if (!quoted.has(key)) findings.push(`en.ts: "${key}" is used nowhere`);
  for (const [, key] of text.matchAll(/\b(?:t|plural)\(\s*"([^"]+)"/g)) if (!english.has(key)) findings.push(`no message for "${key}"`);
}

function keysOf(path) {
  return new Set([...readFileSync(path, "utf8").matchAll(/^ {2}"([^"]+)":/gm)].map(([, key]) => key));
}

function checkComponent(path) {
  const source = readFileSync(path, "utf8");
  walk(parse(source, { modern: true, filename: path }).fragment, (node) => {
    const words = node.type === "Attribute" && SPOKEN.has(node.name) ? spoken(node.value) : [];
    if (node.type === "Text" && node.inMarkup) words.push(node.data);
    if (node.type === "ExpressionTag" && node.inMarkup) words.push(...literals(node.expression));
    for (const word of words) {
      if (!LETTER.test(word)) continue;
      const line = source.slice(0, node.start).split("\n").length;
      findings.push(`${relative(SOURCE, path)}:${line}: "${word.trim()}" belongs in the catalogue`);
    }
  });
}

/** Visits every node; text and expressions that are markup, not part of an attribute, are marked. */
function walk(node, visit, inAttribute = false) {
  if (Array.isArray(node)) return node.forEach((child) => walk(child, visit, inAttribute));
  if (typeof node !== "object" || node === null) return;
  if (typeof node.type === "string") {
    node.inMarkup = !inAttribute;
    visit(node);
  }
  const inside = inAttribute || node.type === "Attribute" || /Directive$/.test(node.type ?? "");
  for (const [name, child] of Object.entries(node)) if (name !== "metadata" && name !== "parent") walk(child, visit, inside);
}

function spoken(value) {
  if (value === true) return [];
  return (Array.isArray(value) ? value : [value]).flatMap((piece) => (piece.type === "Text" ? [piece.data] : literals(piece.expression)));
}

/** Words that an expression can come to by itself. What a call makes of its arguments is its own affair. */
function literals(expression) {
  switch (expression?.type) {
    case "Literal":
      return typeof expression.value === "string" ? [expression.value] : [];
    case "TemplateLiteral":
      return expression.quasis.map(({ value }) => value.cooked);
    case "ConditionalExpression":
      return [...literals(expression.consequent), ...literals(expression.alternate)];
    case "LogicalExpression":
    case "BinaryExpression":
      return expression.operator === "===" || expression.operator === "!==" ? [] : [...literals(expression.left), ...literals(expression.right)];
    default:
      return [];
  }
}
