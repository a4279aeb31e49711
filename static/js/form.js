/**
 * A form that loses no work: errors are brought to attention, Ctrl/Cmd-S saves,
 * and leaving with something unsaved asks first.
 */

/** What only some forms hold, and the module that makes it smoother; a page asks for no other. */
const PARTS = {
  "[data-copy]": "./js/parts/copy.js",
  "[data-lookup]": "./js/parts/lookup.js",
  "[data-prepopulate]": "./js/parts/prepopulate.js",
  "[data-reveal]": "./js/parts/reveal.js",
};
const held = Object.keys(PARTS).filter((selector) => document.querySelector(selector));
const arranged = Promise.allSettled(held.map((selector) => import(PARTS[selector])));

const form = document.querySelector("form[data-guard]");

/** The typed state as one string; the same state gives the same string. */
function typed() {
  const values = [...new FormData(form)].map(([name, value]) => [name, value instanceof File ? value.name : value]);
  return JSON.stringify(values);
}

if (form) {
  // After a refusal the page already holds what is not saved anywhere.
  const isRefused = "refused" in form.dataset;
  let saved = isRefused ? null : typed();
  let leaving = false;

  // The parts arrange the fields anew, and the state that counts as saved is the one after that.
  if (held.length && !isRefused) arranged.then(() => (saved = typed()));

  form.addEventListener("submit", () => {
    leaving = true;
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && typed() !== saved) event.preventDefault();
  });
  window.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("button.button-primary"));
  });
}

document.getElementById("errors")?.focus();
