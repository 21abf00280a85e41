// What the pages add where scripts run; every page works without it.

/** Show what only works with a script. */
function reveal() {
  for (const part of document.querySelectorAll("[data-print], [data-all], [data-keys]")) part.hidden = false;
}

/** Move the focus to the next or previous row of a list. */
function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[here < 0 ? 0 : Math.min(Math.max(here + by, 0), rows.length - 1)];
  row?.querySelector("[data-first], summary")?.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") step(1);
  if (event.key === "k") step(-1);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-all]")) return;
  for (const tick of document.querySelectorAll("input[form=group]")) tick.checked = event.target.checked;
});

document.addEventListener("htmx:after:swap", reveal);
reveal();
