/**
 * Numbers, units and times for one language. The language is always named: under a C locale the web view calls its
 * own "C", and `Intl` throws on that.
 */
export type Language = "en" | "zh";

const TAGS: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };

/** The window's language for what the web view calls its language, "C" and nothing included. */
export function languageFrom(tag: string | null | undefined): Language {
  return tag?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function formatsOf(language: Language) {
  const tag = TAGS[language];
  const percents = (digits: number) => new Intl.NumberFormat(tag, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: 1 });
  const unit = (name: string) => new Intl.NumberFormat(tag, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 0 });
  const whole = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
  const decimal = new Intl.NumberFormat(tag, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const [shortest, tenths] = [percents(0), percents(1)];
  const [millis, seconds, minutes, hours] = [unit("millisecond"), unit("second"), unit("minute"), unit("hour")];
  const points = new Intl.NumberFormat(tag, { maximumFractionDigits: 1, signDisplay: "exceptZero" });
  const megabytes = new Intl.NumberFormat(tag, { style: "unit", unit: "megabyte", unitDisplay: "short", maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
  const plurals = new Intl.PluralRules(tag);
  return {
    whole: (value: number) => whole.format(value),
    decimal: (value: number) => decimal.format(value),
    percent: (fraction: number) => shortest.format(fraction),
    /** Never rounds up to 100 % while one part is missing. */
    share: (fraction: number) => tenths.format(fraction < 1 ? Math.min(fraction, 0.999) : fraction),
    /** A difference of two shares, in percentage points with its sign. */
    points: (fraction: number) => points.format(fraction * 100),
    megabytes: (bytes: number) => megabytes.format(bytes / 1e6),
    millis: (value: number) => millis.format(value),
    duration(totalSeconds: number): string {
      const rounded = Math.max(1, Math.round(totalSeconds));
      const [h, m, s] = [Math.floor(rounded / 3600), Math.floor((rounded % 3600) / 60), rounded % 60];
      if (h > 0) return `${hours.format(h)} ${minutes.format(m)}`;
      return m > 0 ? `${minutes.format(m)} ${seconds.format(s)}` : seconds.format(s);
    },
    /** A moment on the wall clock of this machine, with its zone. */
    localTime(millis: number): string {
      const offset = -new Date(millis).getTimezoneOffset();
      const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) => String(part).padStart(2, "0"));
      const zone = offset === 0 ? "UTC" : `UTC${offset < 0 ? "-" : "+"}${hours}:${minutes}`;
      return `${clock.format(new Date(millis + offset * 60_000))} ${zone}`;
    },
    /** The wall clock that the stamp itself names, with its zone: the plant's time, wherever this screen stands. */
    plantTime(stamp: string): string {
      const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(stamp);
      if (!found) return stamp;
      return `${clock.format(new Date(`${found[1]}Z`))} UTC${found[2] === "Z" ? "" : found[2]}`;
    },
    plural: (count: number): "one" | "other" => (plurals.select(count) === "one" ? "one" : "other"),
  };
}
