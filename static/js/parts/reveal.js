/**
 * Password fields get a button that shows what was typed.
 * It hides it again before the form is sent, so that the browser still takes the field for a password.
 */
for (const holder of document.querySelectorAll("[data-reveal]")) {
  const input = holder.querySelector("input[type=password]");
  if (!input) continue;

  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal-button";
  button.setAttribute("aria-controls", input.id);
  holder.append(button);

  const show = (visible) => {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? holder.dataset.hide : holder.dataset.show;
    button.setAttribute("aria-label", visible ? holder.dataset.hideLabel : holder.dataset.showLabel);
  };
  button.addEventListener("click", () => show(input.type === "password"));
  input.form?.addEventListener("submit", () => show(false));
  show(false);
}
