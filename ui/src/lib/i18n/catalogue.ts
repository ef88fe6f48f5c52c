/** The shape of a message catalogue: English fixes the keys and the names in braces, other languages follow. */
import type { en } from "./en";

type English = typeof en;
export type Key = keyof English;

/** One wording for each grammatical number that the language tells apart; `other` always exists. */
export type Plural = { one?: string; other: string };
export type Catalogue = { readonly [K in Key]: English[K] extends string ? string : Plural };

/** Keys of messages that change with a count; all others; and of these the ones that need no values. */
export type PluralKey = { [K in Key]: English[K] extends string ? never : K }[Key];
export type MessageKey = Exclude<Key, PluralKey>;
export type PlainKey = { [K in MessageKey]: English[K] extends `${string}{${string}` ? never : K }[MessageKey];

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Text<K extends Key> = English[K] extends string ? English[K] : English[K] extends { other: infer Other extends string } ? Other : never;

/** What must be given for the names in a message's braces; nothing where it has none. */
export type Values<K extends Key> = [Names<Text<K>>] extends [never] ? [] : [Record<Names<Text<K>>, string>];
export type PluralValues<K extends PluralKey> = [Exclude<Names<Text<K>>, "count">] extends [never]
  ? []
  : [Record<Exclude<Names<Text<K>>, "count">, string>];

/** Puts values into a message's braces; an unknown name stays visible, so that it is noticed. */
export function fill(message: string, values: Record<string, string>): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
