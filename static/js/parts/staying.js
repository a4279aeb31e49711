/**
 * Before the session ends it is said, and the person can stay without leaving the page. Whether it has been used in
 * another tab meanwhile the server is asked, which does not count as using it.
 */
const place = document.getElementById("staying");
const BEFORE = 120;
const JSON_ONLY = { accept: "application/json" };
let timer;

if (place) {
  wait(place.dataset.left - performance.now() / 1000 - BEFORE);
  // A machine that slept has not counted on.
  document.addEventListener("visibilitychange", () => document.hidden || look());
  place.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const sent = { method: "POST", headers: JSON_ONLY, body: new URLSearchParams(new FormData(form)) };
    const answer = await fetch(form.action, sent).catch(() => {});
    if (!answer?.ok || answer.redirected) return form.submit();
    place.replaceChildren();
    look();
  });
}

function wait(seconds) {
  clearTimeout(timer);
  // Longer ones overflow and would be over at once.
  timer = setTimeout(look, Math.min(Math.max(seconds, 1), 86400) * 1000);
}

async function look() {
  const answer = await fetch(place.dataset.check, { headers: JSON_ONLY }).catch(() => {});
  if (!answer) return wait(BEFORE / 2);
  // Whoever has no session any more is led to the sign-in.
  const left = answer.ok && !answer.redirected ? (await answer.json()).left : 0;
  if (left > BEFORE) {
    place.replaceChildren();
    wait(left - BEFORE);
  } else {
    say(left > 0 ? "ending" : "ended");
    if (left > 0) wait(left + 1);
  }
}

/** Only what is new is said: the words are in the page, and a status is read aloud when something comes into it. */
function say(what) {
  if (place.dataset.said === what && place.firstElementChild) return;
  place.dataset.said = what;
  place.replaceChildren(document.getElementById(`staying-${what}`).content.cloneNode(true));
}
