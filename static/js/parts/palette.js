/**
 * The command palette: where the menu leads, what the page offers, and what the search everywhere finds, in one list.
 * The focus stays in the input (ARIA: combobox with a listbox). It has no words of its own.
 */
const PAUSE = 200;
const ICONS = new URL("../../icons.svg", import.meta.url);
const PLACES = "#menu li a, .crumbs li:first-child a";
const OFFERS = ":is(.page-actions, .savebar, aside .card-links) :is(a, button), [data-command]";
const PERSONAL = "#person :is(a, button)";
const dialog = document.getElementById("palette");
const says = dialog.dataset;
const form = dialog.querySelector("form");
const input = form.querySelector("input");
const list = dialog.querySelector("[role=listbox]");
const status = dialog.querySelector("[role=status]");
let own = [];
let found = [];
let options = [];
let active = null;
let asked = null;
let timer = 0;

const KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Enter: (event) => active && take(active, event.ctrlKey || event.metaKey),
};

input.addEventListener("input", () => {
  clearTimeout(timer);
  asked?.abort();
  const typed = input.value.trim();
  found = typed ? found.filter(isMeant()) : [];
  draw();
  if (!typed) return;
  say(says.searching);
  timer = setTimeout(ask, PAUSE, typed);
});
dialog.addEventListener("keydown", (event) => {
  if (!event.isComposing && event.target === input && KEYS[event.key]?.(event)) event.preventDefault();
});
// The focus stays in the input.
list.addEventListener("mousedown", (event) => event.preventDefault());
list.addEventListener("click", (event) => {
  const option = options.find(({ element }) => element.contains(event.target));
  if (option) take(option, event.ctrlKey || event.metaKey);
});
dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
dialog.addEventListener("close", () => {
  clearTimeout(timer);
  asked?.abort();
});
form.addEventListener("submit", () => dialog.close());

export function open() {
  if (dialog.open) return;
  own = [...collect(PLACES, says.go), ...collect(OFFERS, says.actions), ...collect(PERSONAL, says.actions)];
  found = [];
  input.value = "";
  dialog.showModal();
  input.focus();
  draw();
}

function collect(selector, group) {
  const controls = [...document.querySelectorAll(selector)].filter((one) => !one.disabled);
  return controls.map((one) => ({
    group,
    href: one.href,
    icon: one.querySelector("svg")?.cloneNode(true),
    run: () => one.click(),
    text: name(one),
  }));
}

/** What a control is called, and before it what it chooses for, as in "Theme: Dark". */
function name(control) {
  const group = control.closest("[role=group]")?.ariaLabel;
  const text = control.textContent.trim().replace(/\s+/g, " ");
  return group ? `${group}: ${text}` : text;
}

/** Whether the text of an option holds each word that was typed, whatever its capitals and accents. */
function isMeant() {
  const words = fold(input.value).split(/\s+/);
  return ({ text }) => words.every((word) => fold(text).includes(word));
}

function fold(text) {
  return text.trim().normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

async function ask(typed) {
  const { signal } = (asked = new AbortController());
  try {
    const address = `${form.action}?${new URLSearchParams({ q: typed })}`;
    const response = await fetch(address, { headers: { accept: "application/json" }, signal });
    const answer = response.ok || response.status === 400 ? await response.json() : {};
    if (signal.aborted) return;
    if (response.ok) found = answer.results.map(({ icon, ...one }) => ({ ...one, icon: symbol(icon) }));
    draw();
    if (!response.ok) say(answer.error ?? (response.status === 401 ? says.signedOut : says.failed));
  } catch {
    if (!signal.aborted) say(says.failed);
  }
}

function draw() {
  const mine = own.filter(isMeant());
  const addresses = new Set(mine.map(({ href }) => href && new URL(href).pathname));
  const before = active;
  options = [...mine, ...found.filter(({ href }) => !addresses.has(href))];
  const groups = new Map();
  options.forEach((option, index) => {
    option.element = make("div", { id: `palette-${index}`, role: "option" }, option.icon ?? "", make("bdi", {}, option.text));
    if (!groups.has(option.group)) groups.set(option.group, []);
    groups.get(option.group).push(option.element);
  });
  list.replaceChildren(...[...groups].map(([label, elements], index) => {
    const head = make("div", { class: "palette-group", id: `palette-group-${index}` }, label);
    return make("div", { "aria-labelledby": head.id, role: "group" }, head, ...elements);
  }));
  list.hidden = !options.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
  options = options.sort((one, other) => (one.element.compareDocumentPosition(other.element) & 4 ? -1 : 1));
  activate(options.find(({ href, text }) => href === before?.href && text === before?.text) ?? options[0]);
  say(options.length ? says.found : says.none, options.length);
}

function step(by) {
  const place = options.indexOf(active);
  if (options.length) activate(options.at((place + by) % options.length));
  return true;
}

function activate(option) {
  active?.element.setAttribute("aria-selected", "false");
  active = option ?? null;
  if (!active) return input.removeAttribute("aria-activedescendant");
  active.element.setAttribute("aria-selected", "true");
  active.element.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", active.element.id);
}

function take({ href, run }, isElsewhere) {
  dialog.close();
  if (href && isElsewhere) window.open(href, "_blank", "noopener");
  else if (run) run();
  else location.assign(href);
  return true;
}

function say(text, number = "") {
  status.textContent = text.replace("{}", number);
}

function symbol(name) {
  const holder = document.createElement("template");
  holder.innerHTML = `<svg class="icon" aria-hidden="true"><use></use></svg>`;
  holder.content.querySelector("use").setAttribute("href", `${ICONS.pathname}#${name}`);
  return holder.content.firstChild;
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
