/**
 * Rows that hang on the object of a form: one more comes without loading the page anew.
 * What it looks like stands in a template; without this script the same button asks the server for it.
 */
const BLANK = "__n__";

for (const section of document.querySelectorAll("[data-inline]")) {
  if (section.dataset.position) arrange(section);
  const template = section.querySelector("template");
  const button = section.querySelector("button[name^=_add_]");
  if (template && button) grow(section, template, button);
}

function grow(section, template, button) {
  const rows = section.querySelector("[data-rows]");
  const ticked = () => section.querySelectorAll("[name$='-_delete']:checked").length;
  const begun = ticked();
  const room = Number(section.dataset.room ?? Infinity);
  let added = 0;

  const settle = () => {
    button.disabled = room - added + ticked() - begun <= 0;
  };

  button.type = "button";
  button.addEventListener("click", () => {
    const row = template.content.firstElementChild.cloneNode(true);
    number(row, next(section));
    rows.append(row);
    added += 1;
    settle();
    if (row.querySelector("[data-lookup]")) import("./lookup.js");
    document.dispatchEvent(new Event("grow"));
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
  section.addEventListener("change", settle);
}

/** Rows in an order are moved here, and told of; the server does the same where no script runs. */
function arrange(section) {
  const rows = section.querySelector("[data-rows]");
  const status = document.createElement("p");
  status.role = "status";
  status.className = "visually-hidden";
  section.append(status);
  rows.addEventListener("click", (event) => {
    const button = event.target.closest("button[name^=_up_], button[name^=_down_]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("[data-rows] > *");
    const isUp = button.name.startsWith("_up_");
    const other = isUp ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (isUp) other.before(row);
    else other.after(row);
    place(rows, section.dataset.position);
    button.focus();
    status.textContent = section.dataset.place.replace("{}", [...rows.children].indexOf(row) + 1);
  });
}

/** Give the rows the places that they had, in the order in which they stand now. */
function place(rows, position) {
  const fields = [...rows.children].filter(isFilled).map((row) => row.querySelector(`[name$="-${position}"]`)).filter(Boolean);
  const places = fields.map(({ value }) => (value === "" ? NaN : Number(value)));
  const sorted = [...places].sort((one, other) => one - other);
  const isKept = places.every(Number.isInteger) && new Set(places).size === places.length;
  const first = Math.min(...places.filter(Number.isInteger), Infinity);
  for (const [number, field] of fields.entries()) {
    field.value = isKept ? sorted[number] : (first === Infinity ? 1 : first) + number;
  }
}

/** A new row in which nothing was typed has no place yet. */
function isFilled(row) {
  const isNew = row.querySelector("[name$='-_row']")?.value.startsWith(":");
  return !isNew || [...row.querySelectorAll("input:not([type=hidden], [type=checkbox]), textarea")].some(({ value }) => value);
}

/** The number after all that the section's rows have. */
function next(section) {
  const numbers = [...section.querySelectorAll("[data-rows] > *")].map((row) => Number(row.id.split("-").pop()));
  return Math.max(-1, ...numbers) + 1;
}

function number(row, value) {
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of element.attributes) attribute.value = attribute.value.replaceAll(BLANK, value);
  }
}
