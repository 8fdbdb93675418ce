import { el, fill } from "./dom.js";
import { signIn } from "./session.js";

/** @param {HTMLElement} root @param {string} reason why one is here again @param {() => void} entered */
export function openSignIn(root, reason, entered) {
  document.title = "Sign in · heard";
  document.body.dataset.page = "sign-in";
  const problem = el("p", { class: "problem", id: "problem", role: "alert" }, reason);
  const token = el("textarea", { id: "token", rows: 5, required: true, spellcheck: "false", autocomplete: "off", autocapitalize: "off", "aria-describedby": "problem" });
  const form = el("form", { class: "sign-in card", method: "post" }, el("h1", {}, "Sign in"),
    el("p", { class: "dim" }, "Paste the token that your manager gave you. It stays in this tab and is forgotten when you close it."),
    el("label", { for: "token" }, "Token"), token, problem, el("button", { class: "button primary" }, "Sign in"));
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    problem.textContent = signIn(token.value.trim());
    if (!problem.textContent) entered();
  });
  token.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.requestSubmit();
  });
  fill(root, form);
  token.focus();
}
