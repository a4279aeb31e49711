/**
 * Single keys, and the help that lists them. They do nothing where one types, with Ctrl and the like, under a dialog,
 * and for those who have switched them off (WCAG 2.1.4).
 */
const WAIT = 1000;
const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea";
const ROW = ".table tbody tr";
const help = document.getElementById("shortcut-help");
let begun = 0;

const KEYS = {
  "/": () => focus(document.querySelector(".toolbar .search [name=q]")) || click(".search-link"),
  "?": showHelp,
  c: () => click(".page-actions a.button-primary"),
  g: () => (begun = Date.now()),
  i: () => Date.now() - begun < WAIT && click("#menu .brand"),
  j: () => step(1),
  k: () => step(-1),
  n: () => KEYS.c(),
  o: () => row() && click("a", row()),
  x: () => row() && click("[name=selected]", row()),
  Enter: () => !document.activeElement.closest("a, button, summary") && KEYS.o(),
};

if (help) {
  document.addEventListener("keydown", (event) => {
    if (document.documentElement.dataset.shortcuts === "off" || document.querySelector("dialog:modal")) return;
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    // Where a dialog has just closed its field still has the keys.
    if (event.target.closest(TYPING)?.offsetParent || event.target.isContentEditable) return;
    if (Object.hasOwn(KEYS, event.key) && KEYS[event.key]()) event.preventDefault();
    if (event.key !== "g") begun = 0;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("dialog:modal [data-close], :not([data-close])[popovertarget=shortcut-help]");
    if (!button) return;
    event.preventDefault();
    if ("close" in button.dataset) button.closest("dialog").close();
    else showHelp();
  });
  if (/Mac|iP/.test(navigator.platform)) {
    for (const key of document.querySelectorAll("[data-apple]")) key.textContent = key.dataset.apple;
  }
}

function showHelp() {
  document.querySelector(":popover-open")?.hidePopover();
  help.showModal();
  return true;
}

function row() {
  return document.activeElement.closest(ROW);
}

function step(by) {
  const rows = [...document.querySelectorAll(ROW)];
  const place = rows.indexOf(row());
  const next = place < 0 ? rows.at(by > 0 ? 0 : -1) : rows[place + by];
  return focus(next?.querySelector("a") ?? next?.querySelector("input"));
}

function focus(element) {
  element?.focus();
  element?.select?.();
  return element;
}

function click(selector, within = document) {
  const element = within.querySelector(selector);
  element?.click();
  return element;
}
