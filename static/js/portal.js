// Enhancements; every page works without them.
"use strict";

// A form with errors: move the focus to the error summary.
const summary = document.getElementById("error-summary");
if (summary) summary.focus();

// The choice of theme (system, light or dark) is stored for a year; theme.js applies it before the page is drawn.
for (const choice of document.querySelectorAll("[data-theme-choice]")) {
  choice.hidden = false;
  const chosen = document.cookie.match(/(?:^|; )theme=(light|dark)/);
  for (const radio of choice.querySelectorAll("input")) {
    radio.checked = radio.value === (chosen ? chosen[1] : "");
    radio.addEventListener("change", () => {
      const age = radio.value ? 31536000 : 0;
      const secure = location.protocol === "https:" ? ";secure" : "";
      document.cookie = `theme=${radio.value};path=/;max-age=${age};samesite=lax${secure}`;
      document.dispatchEvent(new Event("themechange"));
    });
  }
}

// Ignore a second click on a submit button. After ten seconds, or on return through the browser's history, the form may be sent again.
function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll(".is-busy")) button.classList.remove("is-busy");
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  if (event.submitter) event.submitter.classList.add("is-busy");
  setTimeout(release, 10000, form);
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

// Ask before the user leaves a page with unsaved input, except in forms marked data-free.
const GUARDED = "form[method=post]:not([data-free])";
let typed = summary !== null && document.querySelector(`main ${GUARDED}`) !== null;
document.addEventListener("input", (event) => {
  if (event.target.closest(GUARDED)) typed = true;
});
document.addEventListener("submit", (event) => { if (!event.target.matches("[data-free]")) typed = false; });
window.addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });

// Only one menu is open at a time; a click outside closes it, Escape closes it and returns the focus.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

const digits = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
function sizeOf(file) {
  const kilobytes = file.size / 1024;
  return kilobytes < 1000 ? `${digits.format(Math.ceil(kilobytes))} KB` : `${digits.format(kilobytes / 1024)} MB`;
}

// Files can be dropped on the area of a file input; the names of the chosen files are listed below it.
for (const drop of document.querySelectorAll(".drop")) {
  const input = drop.querySelector("input[type=file]");
  if (!input) continue;
  const list = document.createElement("ul");
  list.className = "chosen";
  list.setAttribute("aria-live", "polite");
  drop.after(list);
  const show = () => {
    if (drop.closest("[data-upload]")) return; // uploads.js shows more
    list.replaceChildren(...Array.from(input.files, (file) => {
      const item = document.createElement("li");
      item.textContent = `${file.name} · ${sizeOf(file)}`;
      return item;
    }));
  };
  input.addEventListener("change", show);
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const files = new DataTransfer();
    for (const file of event.dataTransfer.files) if (input.multiple || !files.items.length) files.items.add(file);
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// Make areas that scroll sideways focusable, so that they can be scrolled by keyboard.
for (const area of document.querySelectorAll("#changelist .results, .inline-group")) {
  if (area.scrollWidth > area.clientWidth) area.tabIndex = 0;
}

// Scroll the tab of the current document into view.
for (const tab of document.querySelectorAll(".doctabs [aria-current]")) {
  const list = tab.closest(".doctabs");
  list.scrollLeft = tab.offsetLeft - list.offsetLeft - (list.clientWidth - tab.offsetWidth) / 2;
}

// Show the length of a text from nine tenths of its limit on; a line end counts as one character, as on the server. A longer text is not
// cut off, so that nothing pasted is lost.
for (const box of document.querySelectorAll("[data-limit]")) {
  const figure = document.createElement("p"), most = Number(box.dataset.limit), language = document.documentElement.lang;
  figure.className = "small2 quiet";
  figure.setAttribute("role", "status");
  box.after(figure);
  const count = () => {
    const used = box.value.length;
    figure.hidden = used < 0.9 * most;
    figure.classList.toggle("bad", used > most);
    figure.textContent = figure.hidden ? "" : `${used.toLocaleString(language)} / ${most.toLocaleString(language)}`;
  };
  box.addEventListener("input", count);
  count();
}
