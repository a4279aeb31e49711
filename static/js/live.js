/** A page of results gets what makes a list feel native, follow what one types and show its cells whole. */
if (document.getElementById("results")) import("./js/parts/results.js");
/** Few pages are open for so long that their session may end; what tells of it looks by itself whether there is one. */
setTimeout(() => import("./js/parts/staying.js"), 6e4);
