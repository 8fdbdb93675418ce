// Runs before anything is painted: the token leaves the address before anything
// can log or bookmark it, and the theme is set, so that nothing flashes.
(function () {
  var query = new URLSearchParams(location.search);
  var hash = new URLSearchParams(location.hash.slice(1));
  var token = hash.get("token") || query.get("token");
  if (token) {
    sessionStorage.setItem("heard:token", token);
    query.delete("token");
    hash.delete("token");
    var search = query.toString();
    var rest = hash.toString();
    history.replaceState(null, "", location.pathname + (search ? "?" + search : "") + (rest ? "#" + rest : ""));
  }
  var theme = localStorage.getItem("heard:theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
