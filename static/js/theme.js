// Sets the theme before anything is drawn: the reader's choice (a cookie, written by portal.js), else that of the system.
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    var found = document.cookie.match(/(?:^|; )theme=(light|dark)/);
    return found ? found[1] : "";
  }
  function apply() { root.dataset.bsTheme = chosen() || (dark.matches ? "dark" : "light"); }
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("themechange", apply);
})();
