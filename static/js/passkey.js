// Shows errors of passkeys on the page; allauth's scripts only write them to the console.
"use strict";

(function () {
  const problem = document.getElementById("passkey-problem");
  if (!problem) return;
  const say = (text) => {
    problem.textContent = text;
    problem.focus();
  };
  if (!window.PublicKeyCredential) {
    for (const button of document.querySelectorAll("[data-passkey]")) button.disabled = true;
    problem.textContent = problem.dataset.unknown;
  }
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    say(problem.dataset.failed);
  });
})();
