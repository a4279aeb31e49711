/**
 * Permissions in rows and columns: the head of each ticks or clears all that can be changed in it, and a box narrows
 * the rows. Without script each is ticked by itself.
 */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

for (const grants of document.querySelectorAll(".grants")) {
  const rows = [...grants.querySelectorAll("tbody tr")];
  const shown = () => rows.filter((row) => !row.hidden);

  const offer = (head, boxes) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "grants-all";
    button.append(...head.childNodes);
    button.ariaLabel = grants.dataset.all.replace("{}", button.textContent.trim());
    button.addEventListener("click", () => {
      const open = boxes().filter((box) => box && !box.disabled);
      const isTicked = open.every((box) => box.checked);
      for (const box of open) box.checked = !isTicked;
      open[0]?.dispatchEvent(new Event("input", { bubbles: true }));
    });
    head.append(button);
  };

  for (const head of grants.querySelectorAll("thead [id]"))
    offer(head, () => shown().map((row) => row.cells[head.cellIndex].querySelector("input")));
  for (const row of rows) offer(row.cells[0], () => [...row.querySelectorAll("input")]);

  const find = grants.querySelector(".grants-find");
  const field = find.querySelector("input");
  const status = find.querySelector("[role=status]");
  const narrow = () => {
    const wanted = plain(field.value.trim());
    const says = (row) => plain([row.textContent, ...[...row.querySelectorAll("input")].map((box) => box.value)].join(" "));
    for (const row of rows) row.hidden = !says(row).includes(wanted);
    status.textContent = wanted ? status.dataset.found.replace("{}", shown().length) : "";
  };
  find.hidden = rows.length < 2;
  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    // Neither sends the form that this stands in.
    if (event.key === "Enter") event.preventDefault();
    if (event.key !== "Escape" || !field.value) return;
    event.preventDefault();
    field.value = "";
    narrow();
  });
}
