// No framework: one function per data attribute. Everything works without this file; it only saves a step.
"use strict";

const acts = {
  // <button hidden data-copy="id">: copies the text of that element. Hidden until there is a script to do it.
  copy(button) {
    const label = button.querySelector("[data-label]") ?? button;
    const before = label.textContent;
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
        label.textContent = button.dataset.done;
        setTimeout(() => { label.textContent = before; }, 2000);
      } catch {
        getSelection().selectAllChildren(source);
      }
    });
  },

  // <input type="checkbox" hidden data-check-all="name">: ticks every box of that name in the same form.
  checkAll(box) {
    const boxes = () => boxesOf(box.form, box.dataset.checkAll);
    box.hidden = false;
    box.addEventListener("change", () => {
      boxes().forEach((each) => { each.checked = box.checked; });
      box.form.dispatchEvent(new Event("change"));
    });
  },

  // <span hidden aria-live="polite" data-tally="name" data-text="{n} ticked">: how many boxes of that name in its form are ticked.
  tally(line) {
    const form = line.closest("form");
    const say = () => {
      const ticked = boxesOf(form, line.dataset.tally).filter((each) => each.checked).length;
      line.textContent = line.dataset.text.replace("{n}", ticked);
    };
    line.hidden = false;
    form.addEventListener("change", say);
    say();
  },

  // <details data-menu>: closes on Escape and on a click elsewhere, as a menu does.
  menu(details) {
    document.addEventListener("click", (event) => { if (!details.contains(event.target)) details.open = false; });
    details.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !details.open) return;
      details.open = false;
      details.querySelector("summary").focus();
    });
  },

  // <button hidden data-dismiss>: takes away the message that it stands in.
  dismiss(button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      button.closest(".callout").remove();
      focusOn(document.getElementById("main"));
    });
  },
};

function boxesOf(form, name) {
  return [...form.querySelectorAll(`input[name="${CSS.escape(name)}"]:not(:disabled)`)];
}

function wake(root) {
  for (const [name, act] of Object.entries(acts)) {
    const attribute = `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const element of root.querySelectorAll(`[${attribute}]:not([data-awake])`)) {
      element.dataset.awake = "";
      act(element);
    }
  }
}

// Focus. What held it may be swapped away: then it goes to the same control of the new part, by id or by the form's action,
// or else to the nearest part around it that is still there. htmx alone would leave it on <body>.
let trail = [];

function trailOf(held) {
  const found = held.id ? [`#${CSS.escape(held.id)}`] : [];
  const action = held.closest("form")?.getAttribute("action");
  const valued = held.matches("button") ? `[value="${CSS.escape(held.value)}"]` : "";
  const control = held.name ? `[name="${CSS.escape(held.name)}"]${valued}` : held.matches("button") ? "[type=submit]" : "";
  if (action && control) found.push(`form[action="${CSS.escape(action)}"] ${control}`);
  for (let each = held.closest("[id]"); each; each = each.parentElement?.closest("[id]")) found.push(`#${CSS.escape(each.id)}`);
  return found;
}

function focusOn(element) {
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

document.addEventListener("htmx:before:swap", () => { trail = trailOf(document.activeElement); });
document.addEventListener("htmx:after:swap", (event) => {
  wake(document);
  if (document.activeElement === document.body) {
    const next = trail.map((each) => document.querySelector(each)).find(Boolean);
    if (next) focusOn(next);
  }
  keepAddress(event.detail.ctx);
});

// <input data-hx-get data-address>: the address names what is shown, so that Back comes back to it.
function keepAddress(context) {
  if (!context.sourceElement.matches("[data-address]")) return;
  const url = new URL(context.request.action, location);
  for (const [name, value] of [...url.searchParams]) if (!value) url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
}

// A sign-in may end while somebody types. What a form held when it was sent is kept in this tab until its answer is there;
// where the answer was to sign in, or to load the page again, it is put back into the same form for the same person.
const TYPED = "typed";
const KEPT_MS = 3600 * 1000;
const NEVER_KEPT = ["hidden", "password", "file", "submit"];
const signingIn = location.pathname.startsWith("/login");
const whoIsHere = () => document.querySelector("[data-who]")?.dataset.who;
const isBox = (control) => ["checkbox", "radio"].includes(control.type);

function kept(change) {
  try {
    const typed = JSON.parse(sessionStorage.getItem(TYPED));
    if (change === null) sessionStorage.removeItem(TYPED);
    else if (change && (typed || change.fields)) sessionStorage.setItem(TYPED, JSON.stringify({ ...typed, ...change }));
    return typed;
  } catch {
    return null; // no storage in this browser: nothing is kept
  }
}

document.addEventListener("submit", ({ target: form }) => {
  if (signingIn || form.method !== "post") return;
  const typed = [...form.elements].filter((each) => each.name && !NEVER_KEPT.includes(each.type) && (!isBox(each) || each.checked));
  const fields = typed.map((each) => [each.name, each.value]);
  if (fields.length) kept({ who: whoIsHere(), action: form.getAttribute("action"), fields, at: Date.now(), ended: false });
});
document.addEventListener("htmx:before:response", ({ detail: { ctx } }) => {
  if (ctx.request.method.toUpperCase() === "GET") return;
  kept(ctx.response.status === 401 || ctx.hx.refresh ? { ended: true } : null);
});

function putBack() {
  const typed = kept(signingIn ? { ended: true } : null);
  if (signingIn || !typed?.ended || typed.who !== whoIsHere() || Date.now() - typed.at > KEPT_MS) return;
  const form = [...document.forms].find((each) => each.getAttribute("action") === typed.action);
  if (!form) return;
  for (const each of [...form.elements].filter((control) => !NEVER_KEPT.includes(control.type))) {
    const values = typed.fields.filter(([name]) => name === each.name).map(([, value]) => value);
    if (isBox(each)) each.checked = values.includes(each.value);
    else if (values.length) each.value = values[0];
  }
  document.getElementById("status").append(document.querySelector("template[data-put-back]").content.cloneNode(true));
}

putBack();
wake(document);
