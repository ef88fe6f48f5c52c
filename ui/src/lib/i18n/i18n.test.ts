/** Both languages say the same things, with the right numbers in them. */
import { afterEach, describe, expect, it } from "vitest";
import { fill } from "./catalogue";
import { en } from "./en";
import { formatsOf, languageFrom } from "./format";
import { i18n, plural, t } from "./i18n.svelte";
import { zh } from "./zh";

afterEach(() => (i18n.language = "en"));

describe("the language", () => {
  it.each([
    ["zh-CN", "zh"],
    ["ZH", "zh"],
    ["en-US", "en"],
    ["de", "en"],
    ["C", "en"],
    ["", "en"],
    [undefined, "en"],
  ] as const)("for %s is %s", (tag, expected) => expect(languageFrom(tag)).toBe(expected));

  it("switches every message at once", () => {
    expect(t("verdict.reject")).toBe("Reject");
    i18n.language = "zh";
    expect(t("verdict.reject")).toBe("不合格");
  });
});

describe("messages", () => {
  const texts = (message: unknown) => (typeof message === "string" ? [message] : Object.values(message as object)) as string[];
  const names = (message: unknown) => [...new Set(texts(message).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

  it.each(Object.keys(en) as (keyof typeof en)[])("%s has words and the same names in both languages", (key) => {
    for (const text of [...texts(en[key]), ...texts(zh[key])]) expect(text.trim()).not.toBe("");
    expect(names(zh[key])).toEqual(names(en[key]));
  });

  it("count in the grammar of the language", () => {
    expect(plural("live.promise.missing", 1)).toBe("No promise yet: 1 more good part needed.");
    expect(plural("live.promise.missing", 1279)).toBe("No promise yet: 1,279 more good parts needed.");
    i18n.language = "zh";
    expect(plural("live.promise.missing", 1)).toBe("暂无承诺：还需要 1 件良品。");
  });

  it("keep an unknown name visible", () => expect(fill("{a} and {b}", { a: "1" })).toBe("1 and {b}"));
});

describe("formats", () => {
  const format = formatsOf("en");
  it.each([
    [format.percent(0.005), "0.5%"],
    [format.percent(0.95), "95%"],
    [format.share(0.805), "80.5%"],
    [format.share(0.99999), "99.9%"],
    [format.share(1), "100.0%"],
    [format.millis(46.2), "46 ms"],
    [format.duration(0.2), "1 sec"],
    [format.duration(130), "2 mins 10 secs"],
    [format.plantTime("2026-11-23T23:03:12.345+08:00"), "23 Nov 2026, 23:03:12 UTC+08:00"],
    [format.plantTime("2026-11-23T23:03:12Z"), "23 Nov 2026, 23:03:12 UTC"],
    [format.plantTime("yesterday"), "yesterday"],
  ])("%s", (made, expected) => expect(made).toBe(expected));
});
