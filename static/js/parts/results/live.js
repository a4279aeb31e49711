/**
 * Results that follow what one types, sorts, filters and pages: the same address is fetched, and only the parts that
 * differ are replaced ([data-live], by their ids). The address, Back and the title are as if the page had been loaded.
 * Whatever goes wrong ends in loading the page. Others hear of new rows by the event "swap" on the document, and of the
 * old ones' end by "leave", which they may forbid.
 */
const PAUSE = 250;
const PARTS = "[data-live]";
const results = document.getElementById("results");
const status = document.createElement("p");
let shown = location.pathname + location.search;
let asked = null;
let timer = 0;
let isBurst = false;

status.className = "visually-hidden";
status.setAttribute("role", "status");
results.after(status);

document.addEventListener("input", type);
document.addEventListener("compositionend", type);
document.addEventListener("focusout", () => (isBurst = false));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "get" || form.hasAttribute("target")) return;
  const address = addressOf(form);
  if (!isHere(address)) return;
  event.preventDefault();
  shut(form);
  isBurst = false;
  show(address, "pushState");
});

document.addEventListener("click", (event) => {
  const link = event.target.closest(`${PARTS} a[href]`);
  if (!link || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const address = new URL(link.href);
  if (!isHere(address)) return;
  event.preventDefault();
  shut(link);
  isBurst = false;
  show(address, "pushState");
});

addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) show(new URL(location.href));
});

// A request that ends because the page is left must not lead back to it.
addEventListener("beforeunload", () => asked?.abort());

function type({ target, isComposing }) {
  if (isComposing || !target.matches("form.search [name=q]")) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const address = addressOf(target.form);
    if (address.pathname + address.search === shown) return asked?.abort();
    show(address, isBurst ? "replaceState" : "pushState", true);
    isBurst = true;
  }, PAUSE);
}

/** Where a form leads to; fields may bear any name, so that its own properties are asked by attribute. */
function addressOf(form) {
  const address = new URL(form.getAttribute("action") ?? "", location.href);
  address.hash = "";
  address.search = new URLSearchParams(new FormData(form));
  return address;
}

function isHere({ origin, pathname }) {
  return origin === location.origin && pathname === location.pathname;
}

/** The panel around *one* closes; a browser takes the focus off what nobody sees, so it goes to what opens the panel. */
function shut(one) {
  const panel = one.closest("details");
  if (panel?.contains(document.activeElement)) panel.querySelector("summary").focus();
  panel?.removeAttribute("open");
}

const mayLeave = () => document.dispatchEvent(new Event("leave", { cancelable: true }));

async function show(address, how, isTyped) {
  clearTimeout(timer);
  asked?.abort();
  // What is typed into cells would be gone without a word; leaving the page asks.
  if (!mayLeave()) return location.assign(address);
  const own = (asked = new AbortController());
  results.ariaBusy = "true";
  try {
    const response = await fetch(address, { headers: { accept: "text/html" }, signal: own.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (own.signal.aborted) return;
    // Once more: somebody may have gone on typing.
    const isList = response.ok && !response.redirected && page.getElementById("results");
    if (!isList || !mayLeave()) return location.assign(address);
    if (how) history[how](null, "", address);
    shown = address.pathname + address.search;
    // Who changes the language or the theme comes back to what is shown now.
    for (const input of document.querySelectorAll(".chooser [name=next]")) input.value = shown;
    swap(page);
    const input = document.querySelector("form.search [name=q]");
    if (input && !isTyped) input.value = page.querySelector("form.search [name=q]")?.value ?? "";
    if (how && !isTyped) scrollTo(0, 0);
  } catch {
    if (!own.signal.aborted) location.assign(address);
  } finally {
    if (asked === own) results.ariaBusy = null;
  }
}

function swap(page) {
  const lost = document.activeElement.closest(`${PARTS} :is(a, button, input, select, summary, [tabindex])`);
  const part = lost?.closest(PARTS);
  for (const one of document.querySelectorAll(PARTS)) {
    one.replaceChildren(...(page.getElementById(one.id)?.childNodes ?? []));
  }
  if (lost) {
    const likes = [...part.querySelectorAll(lost.localName)].filter((one) => one.checkVisibility());
    const same = likes.find((one) => called(one) === called(lost));
    (same ?? document.querySelector(".table-pane") ?? document.querySelector("main")).focus();
  }
  document.title = page.title;
  const told = document.querySelectorAll("#count, #results .pager-shown");
  status.textContent = [...told].map((one) => one.textContent.trim()).join(", ");
  document.dispatchEvent(new Event("swap"));
}

/** What a control is known by in the old rows and the new: how many it leads to, or its place as a sort key, may differ. */
function called({ id, name, type, value, dataset, ariaLabel, childNodes }) {
  if (id) return id;
  if (name) return `${name} ${/checkbox|radio|submit/.test(type) ? value : ""}`;
  const words = [...childNodes].filter((one) => !one.matches?.(".sort, .muted")).map((one) => one.textContent);
  return dataset.same ?? ariaLabel ?? words.join("").trim();
}
