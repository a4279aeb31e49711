/**
/**
 * A list that feels native: a panel closes with Escape or a click elsewhere, empty fields stay out of the address
 * (but for hidden ones, which say that a part of the view is left out), the keys that scroll a page scroll the rows
 * when nothing has the focus, one box ticks all rows, Shift ticks all between two, and the ticked ones are counted.
 * A head that is clicked with Shift becomes one more key to sort by.
 * It listens on the document, because rows and forms are replaced as one types.
 */
// Filters may lead to other rows; what makes them smoother comes with the first panel that opens and has such a field.
const lookUp = ({ target }) => target.open && target.querySelector("[data-lookup]") && import("./lookup.js");
const PANELS = "details:is(.filters, .dropdown, .chip-filter > *)[open]";
const SCROLLING = new Set(["PageDown", "PageUp", "Home", "End", "ArrowDown", "ArrowUp", " "]);

document.addEventListener("click", (event) => {
  // What was clicked may be gone by now, as a chip is.
  const path = event.composedPath();
  for (const panel of document.querySelectorAll(PANELS)) {
    if (!path.includes(panel)) panel.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const panel = document.querySelector(PANELS);
  if (event.key === "Escape" && panel && !event.defaultPrevented) {
    panel.open = false;
    panel.querySelector("summary").focus();
  } else if (SCROLLING.has(event.key) && document.activeElement === document.body) {
    document.querySelector(".table-pane")?.focus({ preventScroll: true });
  }
});

document.addEventListener("formdata", ({ target, formData }) => {
  if (target.getAttribute("method") !== "get") return;
  const said = new Set([...target.querySelectorAll('[type=hidden][value=""]')].map((input) => input.name));
  for (const name of new Set(formData.keys())) {
    const given = formData.getAll(name).filter((value) => value !== "");
    formData.delete(name);
    for (const value of given) formData.append(name, value);
    if (!given.length && said.has(name)) formData.append(name, "");
  }
});

document.addEventListener("click", (event) => {
  const head = event.shiftKey && event.target.closest("thead th a");
  if (!head) return;
  event.preventDefault();
  head.href = head.href.replace(/[^=]*$/, head.dataset.further ?? "$&");
  head.click();
});

const everyBox = () => document.querySelector(".selection thead [type=checkbox]");
const boxes = () => [...document.querySelectorAll(".selection [name=selected]")];

function count() {
  const all = everyBox();
  if (!all) return;
  const counter = document.querySelector("[data-selected]");
  const ticked = boxes().filter((box) => box.checked).length;
  all.hidden = false;
  all.checked = ticked === boxes().length;
  all.indeterminate = ticked > 0 && !all.checked;
  if (across()?.checked) counter.textContent = across().parentElement.textContent;
  else counter.textContent = ticked ? `${counter.dataset.selected} ${ticked}` : "";
}

const across = () => document.querySelector(".selection [name=select_across]");
let before = null;

document.addEventListener("change", ({ target }) => {
  if (!target.closest(".selection")) return;
  if (target === everyBox() || (target === across() && target.checked)) {
    for (const box of boxes()) box.checked = target.checked;
  }
  // All that match are not wanted any more where one of them is not.
  if (!target.checked && across() && (target === everyBox() || target.name === "selected")) across().checked = false;
  count();
});

document.addEventListener("click", ({ target, shiftKey }) => {
  if (!target.matches(".selection [name=selected]")) return;
  const ends = [boxes().indexOf(before), boxes().indexOf(target)].sort((one, other) => one - other);
  if (shiftKey && ends[0] >= 0) {
    for (const box of boxes().slice(ends[0], ends[1] + 1)) box.checked = target.checked;
  }
  before = target;
});
// Back in the history, the browser has ticked what was ticked; not before this event.
addEventListener("pageshow", count);
document.addEventListener("swap", count);
document.addEventListener("toggle", lookUp, true);
count();
