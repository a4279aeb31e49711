/** A page of results gets what makes a list feel native, follow what one types and show its cells whole. */
if (document.getElementById("results")) import("./js/parts/results.js");
