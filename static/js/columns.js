/**
 * Columns that move up and down by buttons; without script a number says the place of each. The buttons come from the
 * page's template, whose words are in the person's language.
 */
const OPEN = ".display[open]";

document.addEventListener("toggle", ({ target }) => target.matches(OPEN) && arrange(target), true);
document.addEventListener("swap", () => document.querySelectorAll(OPEN).forEach(arrange));

function arrange(panel) {
  const buttons = panel.querySelector(".places ~ template").content;
  for (const item of panel.querySelectorAll(".places:not(:has(button)) > li")) {
    item.querySelector("[type=number]").hidden = true;
    item.append(buttons.cloneNode(true));
    for (const button of item.querySelectorAll("button")) {
      button.ariaLabel = button.ariaLabel.replace("{}", item.querySelector("label").textContent.trim());
      button.addEventListener("click", () => move(item, button));
    }
  }
}

function move(item, button) {
  if (button.dataset.move === "up") item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  item.parentElement.querySelectorAll("[type=number]").forEach((input, place) => (input.value = place + 1));
  button.focus();
}
