/**
 * The cells of a list: what is cut, and the exact moment behind "3 days ago", shows whole on a press, or below the
 * mouse; and each cell gets the label of its column, which the cards of a phone show.
 */
const HELD = "a, button, input, select, textarea, label, summary";
const whole = document.createElement("div");
whole.className = "whole";
whole.popover = "auto";
whole.tabIndex = 0;

function label() {
  for (const table of document.querySelectorAll(".table")) {
    const labels = [...table.tHead.rows[0].cells].map(words);
    for (const { cells } of table.tBodies[0].rows) {
      for (const cell of cells) cell.dataset.label = labels[cell.cellIndex];
    }
  }
}

/** What a column is called, without its place among the sort keys. */
function words(head) {
  return (head.querySelector("a")?.firstChild.textContent ?? head.innerText).trim();
}

/** What a cell does not show of itself, or nothing. */
function hidden(cell) {
  const isCut = cell.scrollWidth > cell.clientWidth;
  return cell.title || cell.querySelector("[title]")?.title || (isCut ? cell.innerText.trim() : "");
}

document.addEventListener("mouseover", ({ target }) => {
  const cell = target.closest(".table tbody :is(td, th)");
  if (cell) cell.title = hidden(cell);
});

document.addEventListener("click", ({ target }) => {
  const cell = target.closest(".table tbody :is(td, th)");
  const text = cell && !target.closest(HELD) && getSelection().isCollapsed ? hidden(cell) : "";
  if (!text) return;
  const { left, bottom } = cell.getBoundingClientRect();
  whole.textContent = text;
  document.querySelector("main").append(whole);
  whole.showPopover();
  whole.style.left = `${Math.max(8, Math.min(left, innerWidth - whole.offsetWidth - 8))}px`;
  whole.style.top = `${Math.max(8, Math.min(bottom, innerHeight - whole.offsetHeight - 8))}px`;
});

label();
document.addEventListener("swap", label);
