/**
 * A form that loses no work: errors are brought to attention, Ctrl/Cmd-S saves,
 * and leaving with something unsaved asks first. The form of a list comes anew with its rows.
 */

// Only some forms hold fields that lead to other rows; a page without one does not load what makes them smoother.
const lookups = document.querySelector("form[method=post] [data-lookup]") && import("./js/parts/lookup.js");
for (const { dataset } of document.querySelectorAll("form[method=post] [data-part]")) import(`./js/parts/${dataset.part}.js`);
const guarded = () => document.querySelector("form[data-guard]");
let saved = null;
let leaving = false;
let isGuarding = false;

/** The typed state as one string; the same state gives the same string. */
function typed() {
  return JSON.stringify([...new FormData(guarded())].map(([name, value]) => [name, value.name ?? value]));
}

const ask = (event) => !leaving && guarded() && typed() !== saved && event.preventDefault();

function begin() {
  const form = guarded();
  if (!form) return;
  // After a refusal the page already holds what is not saved anywhere.
  saved = "refused" in form.dataset ? null : typed();
  isGuarding ||= !guard();
}

function guard() {
  document.addEventListener("submit", ({ target }) => (leaving ||= target === guarded()));
  addEventListener("pageshow", () => (leaving = false));
  addEventListener("beforeunload", ask);
  document.addEventListener("leave", ask);
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    guarded()?.requestSubmit(guarded().querySelector("button.button-primary"));
  });
}

// Who types into a field of which there are two versions wants that one, and who chooses after that what they chose.
document.addEventListener("input", ({ target }) => {
  // Who goes on typing is still here: what was sent was stopped, or its answer was a file.
  leaving = false;
  const mine = target.closest(".choice")?.querySelector("input");
  if (mine?.name === target.name) target.value = target.value.slice(0, 4);
  else if (mine) mine.checked = true;
});
begin();
// Lookups arrange their fields anew, and the state that counts as saved is the one after that.
lookups?.then(begin, () => {});
document.addEventListener("swap", begin);

// The form of what a field leads to opens over this one; where that does not work, this one is sent and kept meanwhile.
document.addEventListener("click", (event) => {
  const way = event.target.closest("[name=_open]");
  if (!way) return;
  event.preventDefault();
  import("./js/parts/related.js").then(({ open }) => open(way), () => way.form.requestSubmit(way));
});

document.querySelector("#errors, #refused")?.focus();
