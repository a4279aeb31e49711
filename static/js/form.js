/**
 * A form that loses no work: errors are brought to attention, Ctrl/Cmd-S saves,
 * and leaving with something unsaved asks first.
 */

// Only some forms hold fields that lead to other rows; a page without one does not load what makes them smoother.
const lookups = document.querySelector("form[method=post] [data-lookup]") && import("./js/parts/lookup.js");
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

  // Lookups arrange their fields anew, and the state that counts as saved is the one after that.
  lookups?.then(() => (saved = isRefused ? null : typed())).catch(() => {});

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
