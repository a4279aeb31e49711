/**
 * What is made from other fields, such as a slug from a title, is filled in while one types them,
 * until it is written by hand. The server makes it the same way where it was left empty.
 */
const LENGTH = 200;
const done = new WeakSet();

document.addEventListener("grow", prepare);
prepare();

function prepare() {
  for (const input of document.querySelectorAll("[data-prepopulate]")) {
    if (!done.has(input)) follow(input);
    done.add(input);
  }
}

function follow(input) {
  const names = input.dataset.prepopulate.split(" ");
  const length = input.maxLength > 0 ? input.maxLength : LENGTH;
  const made = () => {
    const texts = names.map((name) => input.form.elements[name]?.value ?? "");
    return slug(texts.join(" ")).slice(0, length).replace(/-$/, "");
  };
  let isOwn = input.value !== "" && input.value !== made();
  input.form.addEventListener("input", ({ target }) => {
    if (target === input) isOwn = input.value !== "";
    else if (!isOwn && names.includes(target.name)) input.value = made();
  });
}

function slug(text) {
  const plain = text.normalize("NFKD").replace(/[^\0-\x7f]/g, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}
