/**
 * Password fields get a button that shows what was typed, and new ones a meter of how good it is.
 * The button hides it again before the form is sent, so that the browser still takes the field for a password.
 */
const MORE = 6;
const DIFFERENT = 10;

for (const holder of document.querySelectorAll("[data-reveal]")) {
  const input = holder.querySelector("input[type=password]");
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
  if (input.minLength > 0) measure(input, holder);
}

/** Length is what counts; whether the password is taken, the server says. */
function measure(input, holder) {
  const meter = document.createElement("meter");
  const words = document.createElement("span");
  const line = document.createElement("p");
  words.id = `${input.id}-strength`;
  words.setAttribute("role", "status");
  meter.setAttribute("aria-labelledby", words.id);
  Object.assign(meter, { max: input.minLength + MORE, low: input.minLength, high: input.minLength + MORE - 1 });
  meter.optimum = meter.max;
  line.className = "strength";
  line.hidden = true;
  line.append(meter, words);
  holder.after(line);

  input.addEventListener("input", () => {
    const typed = [...input.value];
    const missing = input.minLength - typed.length;
    const isStrong = typed.length >= meter.max && new Set(typed).size >= DIFFERENT;
    const { missing: tooShort, enough, strong } = input.dataset;
    line.hidden = !input.value;
    meter.value = isStrong ? meter.max : Math.min(typed.length, meter.max - 1);
    words.textContent = missing > 0 ? `${tooShort} ${missing}` : isStrong ? strong : enough;
  });
}
