/**
 * The sections of a form as tabs (WAI-ARIA APG): one is seen, arrow keys lead to the others, and the address names it.
 * Without this script they stand one below the other, and the same links lead to them.
 */
const list = document.querySelector("[data-sections] nav");
const tabs = [...document.querySelectorAll("[data-sections] nav a")];
const more = document.querySelector("[name=_continue]");
const named = (hash) => document.getElementById(hash.slice(1));

if (list) {
  list.role = "tablist";
  for (const tab of tabs) {
    tab.role = "tab";
    named(tab.hash).role = "tabpanel";
    named(tab.hash).firstElementChild.hidden = true;
  }
  list.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const step = document.dir === "rtl" ? -way : way;
    const tab = tabs.at((tabs.indexOf(event.target) + step) % tabs.length);
    tab.focus();
    tab.click();
  });
  // A link to what is wrong leads into a tab that may not be seen.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || !open(link.hash) || !tabs.includes(link)) return;
    event.preventDefault();
    history.replaceState(null, "", link.hash);
  }, true);
  open((list.querySelector("[data-errors]") ?? location).hash) || open(tabs[0].hash);
}

/** Open the tab that holds what the address names, if one does. */
function open(hash) {
  const panel = named(hash)?.closest("[role=tabpanel]");
  for (const tab of panel ? tabs : []) {
    const isOpen = named(tab.hash) === panel;
    tab.ariaSelected = isOpen;
    tab.tabIndex = isOpen - 1;
    named(tab.hash).hidden = !isOpen;
    // Who goes on editing comes back to the same one; the page may be the answer of another address, as of the sign-in.
    if (isOpen) more?.setAttribute("formaction", more.form.getAttribute("action") + tab.hash);
  }
  return panel;
}
