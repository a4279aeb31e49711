/**
 * Rows that hang on the object of a form: one more comes without loading the page anew.
 * What it looks like stands in a template; without this script the same button asks the server for it.
 */
const BLANK = "__n__";

for (const section of document.querySelectorAll("[data-inline]")) {
  const template = section.querySelector("template");
  const button = section.querySelector("button[name^=_add_]");
  if (template && button) grow(section, template, button);
}

function grow(section, template, button) {
  const rows = section.querySelector("[data-rows]");
  const ticked = () => section.querySelectorAll("[name$='-_delete']:checked").length;
  const begun = ticked();
  const room = Number(section.dataset.room);
  let added = 0;

  const settle = () => {
    button.disabled = room - added + ticked() <= begun;
  };

  // Before the first row comes: one types faster than a script is fetched, and what is typed by then is not searched for.
  if (template.content.querySelector("[data-lookup]")) import("./lookup.js");
  button.type = "button";
  button.addEventListener("click", () => {
    const row = template.content.firstElementChild.cloneNode(true);
    number(row, next(section));
    rows.append(row);
    added += 1;
    settle();
    document.dispatchEvent(new Event("grow"));
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
  section.addEventListener("change", settle);
}

/** The first number that no row of the section has. */
function next({ id }) {
  let number = 0;
  while (document.getElementById(`${id}-${number}`)) number += 1;
  return number;
}

function number(row, value) {
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of element.attributes) attribute.value = attribute.value.replaceAll(BLANK, value);
  }
}
