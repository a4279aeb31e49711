/**
 * The chooser of a list, brought from its page when its panel opens, and columns that move up and down by buttons;
 * without script a link leads to the page, and a number says the place of each column. The buttons come from the
 * page's template, whose words are in the person's language.
 */
const OPEN = ".display[open]";

document.addEventListener("toggle", ({ target }) => target.matches(OPEN) && bring(target), true);
document.addEventListener("swap", () => document.querySelectorAll(OPEN).forEach(bring));
document.querySelectorAll(OPEN).forEach(bring);
arrange(document);

async function bring(details) {
  const panel = details.querySelector(".panel");
  const link = panel.querySelector(":scope > a");
  if (!link) return;
  try {
    const response = await fetch(link.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const form = page.querySelector(".display-form");
    // Who is signed out by now is given another page.
    if (!form) return location.assign(link.href);
    panel.replaceChildren(form);
    arrange(panel);
  } catch {
    location.assign(link.href);
  }
}

function arrange(part) {
  for (const list of part.querySelectorAll(".places")) {
    const buttons = list.parentElement.querySelector("template").content;
    for (const item of list.children) {
      item.querySelector("[type=number]").hidden = true;
      item.append(buttons.cloneNode(true));
      for (const button of item.querySelectorAll("button")) {
        button.ariaLabel = button.ariaLabel.replace("{}", item.querySelector("label").textContent.trim());
        button.addEventListener("click", () => move(item, button));
      }
    }
  }
}

/** At the end of its way a button goes, and the focus with it to the one that leads back. */
function move(item, button) {
  const isUp = button.dataset.move === "up";
  if (isUp) item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  item.parentElement.querySelectorAll("[type=number]").forEach((input, place) => (input.value = place + 1));
  const isAtEnd = !(isUp ? item.previousElementSibling : item.nextElementSibling);
  (isAtEnd ? item.querySelector(`[data-move]:not([data-move="${button.dataset.move}"])`) : button).focus();
}
