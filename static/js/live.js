/** A page whose results can follow what one types gets the module for it. */
if (document.getElementById("results")) import("./js/parts/live.js");
