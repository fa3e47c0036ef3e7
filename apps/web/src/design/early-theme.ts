// Loaded before anything is drawn, so that a chosen theme does not flash.
try {
  const theme = localStorage.getItem("chaos-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
} catch {
  // without storage the system's stands
}
