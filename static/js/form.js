/**
 * A form that loses no work: errors are brought to attention, Ctrl/Cmd-S saves,
 * and leaving with something unsaved asks first.
 */
import "./lookup.js";
import "./prepopulate.js";
import "./reveal.js";

const form = document.querySelector("form[data-guard]");

/** The typed state as one string; the same state gives the same string. */
function typed() {
  const values = [...new FormData(form)].map(([name, value]) => [name, value instanceof File ? value.name : value]);
  return JSON.stringify(values);
}

if (form) {
  // After a refusal the page already holds what is not saved anywhere.
  const saved = "refused" in form.dataset ? null : typed();
  let leaving = false;

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
