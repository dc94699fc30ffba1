// Says in words what went wrong with a passkey; allauth's scripts only tell the console.
"use strict";

(function () {
  const problem = document.getElementById("passkey-problem");
  if (!problem) return;
  const say = (words) => {
    problem.textContent = words;
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
