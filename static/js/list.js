/**
 * A list that feels native: the filter panel closes with Escape or a click elsewhere, empty fields stay out of the
 * address, the keys that scroll a page scroll the rows when nothing has the focus, one box ticks all rows, and the
 * ticked ones are counted.
 */
const panel = document.querySelector("details.filters");
const rows = document.querySelector(".table-pane");
const SCROLLING = new Set(["PageDown", "PageUp", "Home", "End", "ArrowDown", "ArrowUp", " "]);

document.addEventListener("click", (event) => {
  if (panel?.open && !panel.contains(event.target)) panel.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel?.open) {
    panel.open = false;
    panel.querySelector("summary").focus();
  } else if (SCROLLING.has(event.key) && document.activeElement === document.body) {
    rows?.focus({ preventScroll: true });
  }
});

for (const form of document.querySelectorAll("form[method=get]")) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const name of new Set(formData.keys())) {
      const given = formData.getAll(name).filter((value) => value !== "");
      formData.delete(name);
      for (const value of given) formData.append(name, value);
    }
  });
}

const all = document.querySelector(".selection thead [type=checkbox]");
const boxes = [...document.querySelectorAll(".selection [name=selected]")];
const counter = document.querySelector("[data-selected]");

function count() {
  const ticked = boxes.filter((box) => box.checked).length;
  all.checked = ticked === boxes.length;
  all.indeterminate = ticked > 0 && !all.checked;
  counter.textContent = ticked ? `${counter.dataset.selected} ${ticked}` : "";
}

if (all) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  document.querySelector(".selection").addEventListener("change", count);
  // Back in the history, the browser has ticked what was ticked; not before this event.
  addEventListener("pageshow", count);
}
