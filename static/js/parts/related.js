/**
 * The form of what a field leads to, in a dialog over the form that it belongs to: saved there, and chosen here.
 * It is the page that the button would lead to, so whatever goes wrong ends in going there. It has no words of its own.
 */
const NAMED = ["id", "for", "aria-labelledby", "aria-describedby", "aria-controls"];
// What leads on from the page; and a dialog opens no other one.
const ELSEWHERE = "[name=_open], .savebar button:not([name=_save]), [target=_blank]:not(.lookup *)";
const FIELD = ":is(.field, td)";
const ICONS = new URL("../../icons.svg", import.meta.url);
let number = 0;

export async function open(way) {
  const field = way.closest(FIELD);
  const key = field.querySelector("select, input[type=hidden][name]")?.value;
  const page = way.value.endsWith(":add") ? "add" : key && `${key}/change`;
  try {
    const answer = page && (await fetch(`${way.parentElement.dataset.model}${page}/`, { headers: { accept: "text/html" } }));
    if (!answer?.ok || answer.redirected) throw answer;
    await show(await answer.text(), way, (found) => choose(field, found));
  } catch {
    way.form.requestSubmit(way);
  }
}

async function show(html, way, take) {
  // Pressed once more while the page was on its way.
  if (document.querySelector(".dialog-form")) return;
  const says = way.closest("[data-unsaved]").dataset;
  const prefix = `dialog-${(number += 1)}-`;
  const title = make("h2", { id: `dialog-${number}` });
  const shut = make("button", { "aria-label": says.shut, class: "button button-quiet button-square", type: "button" });
  const failure = make("p", { class: "field-error", role: "alert" });
  const body = make("div", { class: "dialog-body" });
  const dialog = make("dialog", { class: "dialog dialog-form", "aria-labelledby": title.id });
  let clean = null;
  let isSending = false;

  shut.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${ICONS.pathname}#x"></use></svg>`;
  dialog.append(make("div", { class: "dialog-head" }, title, shut), failure, body);
  const isUnsaved = () => dialog.querySelector("form") && typed(dialog.querySelector("form")) !== clean;
  const leave = () => (!isUnsaved() || confirm(says.unsaved)) && dialog.close();
  const stay = (event) => isUnsaved() && event.preventDefault();

  shut.addEventListener("click", leave);
  dialog.addEventListener("cancel", (event) => {
    if (event.target !== dialog) return;
    event.preventDefault();
    leave();
  });
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest(".savebar-cancel")) return;
    event.preventDefault();
    leave();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    dialog.querySelector("form")?.requestSubmit(dialog.querySelector(".savebar .button-primary"));
  });
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isSending) send(event.target, event.submitter);
  });
  dialog.addEventListener("close", () => {
    removeEventListener("beforeunload", stay);
    dialog.remove();
    way.focus();
  });
  addEventListener("beforeunload", stay);
  way.form.after(dialog);
  await draw(html);
  dialog.showModal();
  begin();

  /** The part of the page that is its form, under names that the form below does not have. */
  async function draw(page) {
    const made = new DOMParser().parseFromString(page, "text/html");
    const content = made.querySelector("main .form");
    const form = content.querySelector("form[data-guard]");
    const isRefused = form && "refused" in form.dataset;
    title.textContent = made.querySelector("h1").textContent;
    failure.textContent = "";
    form?.removeAttribute("data-guard");
    for (const one of content.querySelectorAll(ELSEWHERE)) one.remove();
    for (const name of NAMED) {
      for (const one of content.querySelectorAll(`[${name}]`)) {
        one.setAttribute(name, one.getAttribute(name).replace(/\S+/g, `${prefix}$&`));
      }
    }
    for (const link of content.querySelectorAll("a[href^='#']")) link.hash = `#${prefix}${link.hash.slice(1)}`;
    body.replaceChildren(content);
    if (content.querySelector("[data-lookup]")) await import("./lookup.js");
    document.dispatchEvent(new Event("grow"));
    clean = form && !isRefused ? typed(form) : null;
  }

  function begin() {
    const first = body.querySelector("input:not([type=hidden], .visually-hidden), select, textarea");
    (body.querySelector(`#${prefix}errors, #${prefix}refused`) ?? first ?? shut).focus();
  }

  async function send(form, button) {
    const sent = new FormData(form, button);
    isSending = true;
    try {
      const answer = await fetch(button?.getAttribute("formaction") ?? form.action, {
        method: "POST",
        body: form.enctype === "multipart/form-data" ? sent : new URLSearchParams(sent),
        headers: { accept: "application/json, text/html;q=0.9" },
      });
      const isPage = answer.headers.get("content-type").startsWith("text/html");
      if (isPage && !answer.redirected && answer.status < 500) {
        await draw(await answer.text());
        begin();
        return;
      }
      const found = await answer.json();
      if (answer.ok) {
        dialog.close();
        take(found);
      } else {
        failure.textContent = found.error;
      }
    } catch {
      failure.textContent = says.failed;
    } finally {
      isSending = false;
    }
  }
}

/** Let *field* hold the one with this key; other fields for its like offer it, and wherever it is chosen it has this text now. */
function choose(field, { id, text }) {
  if (id === null) return;
  const { model } = field.querySelector("[data-model]").dataset;
  const others = (part) => document.querySelectorAll(`${FIELD}:has([data-model="${model}"]) ${part}`);
  for (const box of others("[data-lookup]")) {
    if (!field.contains(box) && !box.querySelector(`[type=hidden][value="${id}"]:not([name$=".q"])`)) continue;
    box.dispatchEvent(new CustomEvent("choose", { detail: { key: id, text } }));
  }
  for (const select of others("select")) {
    let option = [...select.options].find(({ value }) => value === id);
    if (!option) select.append((option = new Option("", id)));
    option.textContent = text;
    option.selected ||= field.contains(select);
  }
}

function typed(form) {
  return JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
