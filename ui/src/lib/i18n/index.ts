/** Words in the language of the person at the screen. */
export type { PlainKey } from "./catalogue";
export { languageFrom, type Language } from "./format";
export { i18n, plural, t } from "./i18n.svelte";
