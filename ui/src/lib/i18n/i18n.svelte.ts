/** The chosen language, switched while everything is on screen, and the messages in it. */
import { fill, type Catalogue, type MessageKey, type PluralKey, type PluralValues, type Values } from "./catalogue";
import { en } from "./en";
import { formatsOf, type Language } from "./format";
import { zh } from "./zh";

const CATALOGUES: Record<Language, Catalogue> = { en, zh };
const FORMATS = { en: formatsOf("en"), zh: formatsOf("zh") };

class I18n {
  language = $state<Language>("en");
  /** Numbers, units and times in the chosen language. */
  readonly format = $derived(FORMATS[this.language]);
}

export const i18n = new I18n();

/** The message of this key. */
export function t<K extends MessageKey>(key: K, ...values: Values<K>): string {
  return fill(CATALOGUES[i18n.language][key] as string, values[0] ?? {});
}

/** The message of this key for a count, which it names as `{count}`. */
export function plural<K extends PluralKey>(key: K, count: number, ...values: PluralValues<K>): string {
  const forms = CATALOGUES[i18n.language][key];
  const form = typeof forms === "string" ? forms : (forms[i18n.format.plural(count)] ?? forms.other);
  return fill(form, { count: i18n.format.whole(count), ...values[0] });
}
