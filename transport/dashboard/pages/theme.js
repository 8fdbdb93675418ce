import { byID, fill, icon } from "./dom.js";

const system = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

export function showTheme() {
  fill(byID("theme"), icon(isDark() ? "sun" : "moon"));
  dispatchEvent(new Event("heard:theme"));
}

export function turnTheme() {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("heard:theme", next);
  showTheme();
}

system.addEventListener("change", showTheme);
