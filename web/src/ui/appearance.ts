/** The colours and density chosen on this device. `public/theme.js` applies them, also before the portal has loaded. */
export type Theme = "system" | "light" | "dark" | "contrast";
export type Density = "compact" | "normal" | "comfortable";

function read<T extends string>(key: string, fallback: T): T {
  try {
    return (localStorage.getItem(`regatta.${key}`) as T | null) ?? fallback;
  } catch {
    return fallback;
  }
}

function write(key: string, value: string) {
  try {
    localStorage.setItem(`regatta.${key}`, value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  dispatchEvent(new Event("regatta-appearance"));
}

export const appearance = {
  theme: () => read<Theme>("theme", "system"),
  setTheme: (theme: Theme) => write("theme", theme),
  density: () => read<Density>("density", "normal"),
  setDensity: (density: Density) => write("density", density),
};

/** The component library reads the scheme from the page; `public/theme.js` is the only one to set it. */
export const colorScheme = {
  get: () =>
    (document.documentElement.getAttribute("data-mantine-color-scheme") === "dark" ? "dark" : "light") as
      | "dark"
      | "light",
  set: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => {},
};
