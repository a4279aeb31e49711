/**
 * The sections of a form as tabs (WAI-ARIA APG): one is seen, arrow keys lead to the others, and the address names it.
 * Without this script they stand one below the other, and the same links lead to them.
 */
const box = document.querySelector("[data-sections]");
const tabs = [...box.querySelectorAll("nav a")];
const panels = tabs.map((tab) => document.getElementById(tab.hash.slice(1)));
const list = box.querySelector("ul");
const next = document.querySelector("button[name=_continue]");

list.role = "tablist";
list.ariaLabel = list.parentElement.ariaLabel;
list.parentElement.role = "presentation";
list.parentElement.removeAttribute("aria-label");
for (const item of list.children) item.role = "presentation";
for (const [place, tab] of tabs.entries()) {
  tab.role = "tab";
  tab.id = `${panels[place].id}-tab`;
  tab.setAttribute("aria-controls", panels[place].id);
  panels[place].role = "tabpanel";
  panels[place].setAttribute("aria-labelledby", tab.id);
  // What is in a panel is reached by itself; the title is told by the tab.
  panels[place].removeAttribute("tabindex");
  panels[place].querySelector(":scope > .section-title").hidden = true;
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    open(place);
    history.replaceState(history.state, "", tab.hash);
  });
}
list.addEventListener("keydown", move);
window.addEventListener("hashchange", follow);
document.addEventListener("click", ({ target }) => reveal(target.closest?.("a[href^='#']")?.hash), true);

const wrong = tabs.findIndex((tab) => "errors" in tab.dataset);
open(wrong < 0 ? 0 : wrong);
if (wrong < 0) follow();

function open(place) {
  for (const [number, tab] of tabs.entries()) {
    tab.ariaSelected = String(number === place);
    tab.tabIndex = number === place ? 0 : -1;
    panels[number].hidden = number !== place;
  }
  // Who goes on editing comes back to the same one.
  if (next) next.formAction = `${next.form.action.split("#")[0]}${tabs[place].hash}`;
}

/** Open the panel that holds what the address names. */
function follow() {
  if (reveal(location.hash)) document.getElementById(location.hash.slice(1)).scrollIntoView();
}

function reveal(hash) {
  const target = hash ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
  const place = target ? panels.findIndex((panel) => panel.contains(target)) : -1;
  if (place >= 0) open(place);
  target?.closest("details")?.setAttribute("open", "");
  return place >= 0;
}

function move(event) {
  const place = tabs.indexOf(document.activeElement);
  const step = getComputedStyle(list).direction === "rtl" ? -1 : 1;
  const places = { ArrowRight: place + step, ArrowLeft: place - step, Home: 0, End: tabs.length - 1 };
  if (place < 0 || !(event.key in places)) return;
  event.preventDefault();
  const to = (places[event.key] + tabs.length) % tabs.length;
  tabs[to].focus();
  tabs[to].click();
}
