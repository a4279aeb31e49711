/**
 * The cells of a list get the labels of their columns, which the cards of a phone show.
 * Other rows that come later get theirs at the event `results`.
 */
function label() {
  for (const table of document.querySelectorAll(".table")) {
    const labels = [...table.tHead.rows[0].cells].map((head) => head.innerText.trim());
    for (const { cells } of table.tBodies[0].rows) {
      for (const cell of cells) cell.dataset.label = labels[cell.cellIndex];
    }
  }
}

label();
document.addEventListener("results", label);
