// Sets the theme before the page is drawn: the user's choice (a cookie, written by portal.js), else the system's.
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    var match = document.cookie.match(/(?:^|; )theme=(light|dark)/);
    return match ? match[1] : "";
  }
  function apply() { root.dataset.bsTheme = chosen() || (dark.matches ? "dark" : "light"); }
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("themechange", apply);
})();
