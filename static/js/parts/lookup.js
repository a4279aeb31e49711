/**
 * A field that leads to other rows becomes a combobox: one types, and chooses from what the server finds.
 * It has no words of its own: they stand in data attributes. The field's name is on the inputs that carry keys.
 */
const PAUSE = 200;
const ROOM = 260;
const ICONS = new URL("../../icons.svg", import.meta.url);

const done = new WeakSet();

document.addEventListener("swap", enhance);
document.addEventListener("grow", enhance);
enhance();

function enhance() {
  for (const box of document.querySelectorAll("[data-lookup]")) {
    if (!done.has(box)) combobox(box);
    done.add(box);
  }
}

function combobox(box) {
  // Many boxes have their words once, around them.
  const says = { ...box.closest("[data-searching]")?.dataset, ...box.dataset };
  const input = box.querySelector("input:not([type])");
  const line = input.parentElement;
  const link = box.querySelector("a");
  const label = input.labels[0];
  label.id ||= `${input.id}-label`;
  const list = make("ul", { class: "lookup-list", id: `${input.id}-list`, role: "listbox", "aria-labelledby": label.id });
  const status = make("p", { class: "lookup-status", role: "status" });
  const chosen = ("many" in says ? manyChosen : oneChosen)(box, input, label, says);
  let active = null;
  let asked = null;
  let timer = 0;
  let more = null;

  // What was added or changed meanwhile, in a dialog.
  box.addEventListener("choose", ({ detail: { key, text } }) => {
    if (chosen.isMany && chosen.has(key)) chosen.take(key, text);
    chosen.take(key, text);
  });
  link.remove();
  list.hidden = true;
  list.ariaMultiSelectable = chosen.isMany;
  line.append(list, status);
  input.removeAttribute("name");
  set(input, {
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": false,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: false,
  });

  input.addEventListener("input", () => {
    // What was found for other words is not to be chosen by an Enter that comes too early.
    activate(null);
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE, { activates: true });
  });
  input.addEventListener("click", () => {
    if (!list.hidden) return;
    input.select();
    ask({});
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => {
    close();
    chosen.settle();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (KEYS[event.key]?.()) event.preventDefault();
  });
  // Ctrl-S sends a form that the focus has not left.
  input.form.addEventListener("submit", () => chosen.settle());
  // The focus stays in the input.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => take(event.target.closest("[role=option]")));

  const KEYS = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Home: () => active && activate(list.firstElementChild),
    End: () => active && activate(list.lastElementChild),
    // Nothing is sent with another one than the words that stand there, which may still be searched for.
    Enter: () => (!list.hidden || input.value !== chosen.text) && take(active),
    Escape: () => {
      if (list.hidden && !status.textContent) return false;
      close();
      chosen.settle(true);
      return true;
    },
  };

  function step(by) {
    if (list.hidden) {
      ask({ activates: true });
      return true;
    }
    const options = [...list.children];
    const from = by > 0 || active ? options.indexOf(active) : 0;
    return activate(options.at((from + by) % options.length));
  }

  function activate(option) {
    active?.removeAttribute("data-active");
    active = option;
    option?.setAttribute("data-active", "");
    option?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option?.id ?? "");
    return true;
  }

  function take(option) {
    if (option && option === more) {
      ask({ activates: true, after: more.dataset.after });
    } else if (option) {
      chosen.take(option.dataset.key, option.textContent);
      if (!chosen.isMany) return close();
      for (const one of list.children) mark(one);
      say(chosen.has(option.dataset.key) ? says.chosen : says.removed, option.textContent);
      input.select();
    }
    return true;
  }

  async function ask({ activates, after }) {
    clearTimeout(timer);
    asked?.abort();
    const { signal } = (asked = new AbortController());
    const typed = input.value.trim();
    const address = new URL(link.href);
    address.searchParams.set("q", typed === chosen.text ? "" : typed);
    if (after) address.searchParams.set("after", after);
    if (list.hidden) say(says.searching);
    try {
      const response = await fetch(address, { signal, headers: { accept: "application/json" } });
      const words = { 401: says.signedOut, 403: says.forbidden }[response.status];
      const answer = response.ok || response.status === 400 ? await response.json() : {};
      if (response.ok) show(answer, activates, after);
      else fail(words ?? answer.error ?? says.failed);
    } catch {
      if (!signal.aborted) fail(says.failed);
    }
  }

  function show({ results, next }, activates, after) {
    const options = after ? [...list.children].slice(0, -1) : [];
    const first = options.length;
    for (const { id, text } of results) {
      options.push(make("li", { "data-key": id, role: "option" }, make("bdi", {}, text)));
    }
    say(options.length ? (next ? says.foundMore : says.found) : says.none, options.length);
    more = next && make("li", { class: "lookup-more", "data-after": next, role: "option" }, says.more);
    if (more) options.push(more);
    options.forEach((option, index) => {
      option.id = `${list.id}-${index}`;
      mark(option);
    });
    list.replaceChildren(...options);
    open(options.length > 0);
    const present = !after && options.find((option) => option.ariaSelected === "true");
    activate((activates && (present || options[first])) || null);
  }

  function mark(option) {
    option.ariaSelected = option !== more && chosen.has(option.dataset.key);
  }

  function open(isOpen) {
    list.hidden = !isOpen;
    input.ariaExpanded = isOpen;
    const { top, bottom } = input.getBoundingClientRect();
    const below = innerHeight - bottom;
    line.toggleAttribute("data-up", below < ROOM && top > below);
  }

  function say(text, value = "") {
    status.textContent = text.replace("{}", () => value);
  }

  function fail(text) {
    activate(null);
    open(false);
    say(text);
  }

  function close() {
    clearTimeout(timer);
    asked?.abort();
    fail("");
    return true;
  }
}

/** The one that is chosen: its text is in the input, its key in a hidden one. */
function oneChosen(box, input, label, says) {
  const shown = box.querySelector("p");
  const key = make("input", { name: input.name, type: "hidden", value: input.value });
  const clear = says.clear && button("lookup-clear", says.clear.replace("{}", () => label.textContent));
  const one = {
    text: shown?.textContent ?? input.value,
    has: (other) => other === key.value,
    take(newKey, text) {
      key.value = newKey;
      one.text = text;
      one.settle(true);
    },
    /** Show what is chosen, whatever was typed; to type nothing is to choose nothing, where that may be. */
    settle(isKept) {
      if (clear && !isKept && !input.value.trim()) return one.take("", "");
      input.value = one.text;
      if (clear) clear.hidden = !key.value;
    },
  };
  shown?.remove();
  input.before(key);
  if (clear) {
    input.after(clear);
    clear.addEventListener("click", () => {
      one.take("", "");
      input.focus();
    });
  }
  one.settle(true);
  return one;
}

/** Those that are chosen: chips before the input, each with its key and a button that takes it off. */
function manyChosen(box, input, label, says) {
  const { name } = input;
  const chips = make("ul", { class: "chips lookup-chips", "aria-labelledby": label.id });
  const find = (key) => [...chips.children].find((chip) => chip.dataset.key === key);
  const many = {
    isMany: true,
    text: "",
    has: (key) => Boolean(find(key)),
    take: (key, text) => (find(key) ? find(key).remove() : add(key, text)),
    settle: () => {
      input.value = "";
    },
  };

  function add(key, text) {
    const off = button("chip-remove", says.remove.replace("{}", () => text));
    const chip = make("li", { class: "chip", "data-key": key });
    chip.append(make("span", {}, make("bdi", {}, text)), make("input", { name, type: "hidden", value: key }), off);
    off.addEventListener("click", () => leave(chip));
    off.addEventListener("keydown", (event) => {
      if (event.key === "Delete" || event.key === "Backspace") leave(chip);
    });
    chips.append(chip);
  }

  function leave(chip) {
    const near = chip.nextElementSibling ?? chip.previousElementSibling;
    chip.remove();
    (near?.querySelector("button") ?? input).focus();
  }

  const list = box.querySelector(".lookup-chosen");
  for (const ticked of list?.querySelectorAll(":checked") ?? []) add(ticked.value, ticked.labels[0].textContent.trim());
  if (list) list.replaceWith(chips);
  else box.prepend(chips);
  box.querySelector("input[type=search]")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.target.nextElementSibling.click();
  });
  return many;
}

function make(tag, ...content) {
  return set(document.createElement(tag), ...content);
}

function set(element, attributes, ...children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function button(kind, label) {
  const made = make("button", { type: "button", class: kind, "aria-label": label });
  made.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${ICONS.pathname}#x"></use></svg>`;
  return made;
}
