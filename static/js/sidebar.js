/**
 * The menu: found in as one types, narrow or wide as this browser was left, and while it lies over the page of a phone
 * nothing behind it can be reached.
 */
const sidebar = document.getElementById("sidebar");
const root = document.documentElement;
const wide = matchMedia("(width >= 60rem)");

/** Letters as they are compared: without accents, in lower case. */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

if (sidebar) {
  const behind = [...document.body.children].filter((one) => one !== sidebar);
  const menu = document.getElementById("menu");
  const guard = (isOpen) => {
    const isDialog = isOpen && !wide.matches;
    for (const one of behind) one.inert = isDialog;
    sidebar.role = isDialog ? "dialog" : null;
    sidebar.ariaModal = isDialog ? "true" : null;
    sidebar.ariaLabel = isDialog ? menu.ariaLabel : null;
  };

  // Before it closes, so that the button that opened it can have the focus back.
  sidebar.addEventListener("beforetoggle", ({ newState }) => guard(newState === "open"));
  sidebar.addEventListener("toggle", ({ newState }) => newState === "open" && sidebar.querySelector("button").focus());
  wide.addEventListener("change", () => guard(sidebar.matches(":popover-open")));

  const toggle = sidebar.querySelector(".sidebar-toggle");
  // Where only symbols are left, the pointer asks for the words.
  const explain = () => {
    for (const item of sidebar.querySelectorAll(".menu-item")) {
      if (root.dataset.sidebar) item.title = item.innerText.trim();
      else item.removeAttribute("title");
    }
  };
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    if (root.dataset.sidebar) delete root.dataset.sidebar;
    else root.dataset.sidebar = "collapsed";
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `sidebar=${root.dataset.sidebar ?? ""}; path=/; max-age=31536000; samesite=lax${secure}`;
    explain();
  });
  explain();

  const field = sidebar.querySelector("#menu-filter");
  const status = sidebar.querySelector("[data-found]");
  const find = () => {
    const wanted = plain(field.value.trim());
    let found = 0;
    for (const group of sidebar.querySelectorAll(".menu-group")) {
      const items = [...group.querySelectorAll("li")];
      for (const item of items) {
        item.hidden = !plain(item.textContent).includes(wanted);
        found += item.hidden ? 0 : 1;
      }
      group.hidden = items.every((item) => item.hidden);
    }
    status.textContent = wanted ? status.dataset.found.replace("{}", found) : "";
  };
  if (field) {
    field.parentElement.hidden = false;
    field.addEventListener("input", find);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") sidebar.querySelector("li:not([hidden]) a")?.click();
      if (event.key !== "Escape" || !field.value) return;
      event.preventDefault();
      field.value = "";
      find();
    });
  }

  const groups = sidebar.querySelector(".sidebar-groups");
  const current = groups.querySelector("[aria-current]");
  const end = (one) => one.getBoundingClientRect().bottom;
  // Not by scrollIntoView, which scrolls the page as well.
  if (current) groups.scrollTop += Math.max(0, end(current) - end(groups));
}
