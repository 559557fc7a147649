// Sets the colours, contrast and density chosen on this device before the first paint, and follows the system when
// nothing was chosen. A file of its own because the Content-Security-Policy allows no inline script.
(() => {
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const systemContrast = matchMedia("(prefers-contrast: more)");
  const stored = (key) => {
    try {
      return localStorage.getItem(`regatta.${key}`);
    } catch {
      return null;
    }
  };
  const apply = () => {
    const theme = stored("theme") ?? "system";
    const isContrast = theme === "contrast" || (theme === "system" && systemContrast.matches);
    const isDark = theme === "dark" || (theme !== "light" && systemDark.matches);
    root.setAttribute("data-mantine-color-scheme", isDark ? "dark" : "light");
    root.setAttribute("data-contrast", isContrast ? "more" : "normal");
    root.setAttribute("data-density", stored("density") ?? "normal");
  };
  apply();
  systemDark.addEventListener("change", apply);
  systemContrast.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("regatta-appearance", apply);
})();
