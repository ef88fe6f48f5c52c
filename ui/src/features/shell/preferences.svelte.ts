/** Language and appearance, kept on this machine between starts. */
import { i18n, languageFrom, type Language } from "$lib/i18n";

export type Theme = "light" | "dark" | "system";
const KEYS = { language: "sightline.language", theme: "sightline.theme" };

export class Preferences {
  theme = $state<Theme>("system");
  #systemDark = $state(false);
  /** What is on screen now, with "system" resolved. */
  readonly shown = $derived<"light" | "dark">(this.theme === "system" ? (this.#systemDark ? "dark" : "light") : this.theme);

  constructor() {
    i18n.language = languageFrom(read(KEYS.language) ?? navigator.language);
    const kept = read(KEYS.theme);
    if (kept === "light" || kept === "dark") this.theme = kept;
    const system = matchMedia("(prefers-color-scheme: dark)");
    this.#systemDark = system.matches;
    system.addEventListener("change", ({ matches }) => {
      this.#systemDark = matches;
      this.#apply();
    });
    this.#apply();
  }

  setLanguage(language: Language): void {
    i18n.language = language;
    write(KEYS.language, language);
    this.#apply();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    write(KEYS.theme, theme);
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.shown;
    document.documentElement.lang = i18n.language === "zh" ? "zh-CN" : "en";
  }
}

// A web view may forbid storage. The choice then lasts until the window closes.
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
