/** What arranges columns comes with the first panel of them that opens, and with the page of its own. */
const arranging = () => import("./js/parts/columns.js");

document.addEventListener("toggle", ({ target }) => target.matches(".display[open]") && arranging(), true);
if (document.querySelector(".places")) arranging();
