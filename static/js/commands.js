/** Ctrl/Cmd-K, or the link to the search, opens the command palette, which is asked for at its first use. */
const link = document.querySelector(".search-link");

if (link) {
  const open = () => import("./js/parts/palette.js").then(({ open }) => open(), () => location.assign(link.href));

  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open();
  });
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
}
