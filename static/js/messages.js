/** Messages stay until they are dismissed; without a script they stay until the next page. */
for (const button of document.querySelectorAll("[data-dismiss]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const messages = button.closest(".messages");
    button.parentElement.remove();
    const next = messages.querySelector("[data-dismiss]");
    if (!next) messages.remove();
    (next ?? document.querySelector("main")).focus();
  });
}
