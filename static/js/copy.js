/**
 * Values that are only shown get a button that copies them; a moment is copied as it is told exactly.
 * The words stand on the part of the page that holds the values.
 */
const SHOWN_FOR = 2000;

for (const part of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  for (const value of part.querySelectorAll(".field-value, .facts dd, code")) {
    if (!value.textContent.trim() || value.querySelector(".none, .yes, .no")) continue;
    offer(value, part.dataset);
  }
}

function offer(value, { copy, copied }) {
  const text = value.querySelector("[title]")?.title || value.innerText.trim();
  const label = document.getElementById(value.getAttribute("aria-labelledby")) ?? value.previousElementSibling;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-button";
  const say = (words) => {
    button.textContent = words;
    button.setAttribute("aria-label", `${words}: ${label?.innerText ?? text}`);
  };
  say(copy);
  value.append(" ", button);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    say(copied);
    setTimeout(say, SHOWN_FOR, copy);
  });
}
