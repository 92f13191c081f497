// Podium: the page's own script. Nothing here is needed to read or do anything: it saves round trips.
// No inline script, no inline style, no eval: works under a strict Content-Security-Policy.
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  root.classList.add("has-script");

  // Theme: the cookie is what the server renders; charts listen for `podium:theme`.
  const announce = () => document.dispatchEvent(new CustomEvent("podium:theme"));
  const setTheme = (theme) => {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `podium_theme=${theme}; path=/; max-age=${400 * 86400}; samesite=lax${secure}`;
    root.dataset.bsTheme = theme;
    announce();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (!root.dataset.bsTheme) announce(); });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-form]")) return;
    event.preventDefault();
    setTheme(event.submitter?.value === "dark" ? "dark" : "light");
    $$("button", event.target).find((button) => button.offsetParent)?.focus();
  });

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    const toggle = hit("[data-table]");
    if (toggle) toggle.setAttribute("aria-pressed", toggle.closest(".chart").classList.toggle("as-table"));
    const copy = hit("[data-copy]");
    if (copy) copyText(copy);
    if (hit("[data-help]")) $("#keys").showModal();
    if (hit("[data-close]")) hit("dialog").close();
    const sorter = hit(".t thead th button");
    if (sorter) sort(sorter.closest("th"));
    for (const menu of $$(".menu-phone[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  const copyText = (button) => {
    const text = button.dataset.copyText ?? $(button.dataset.copy).textContent;
    navigator.clipboard?.writeText(text).then(() => {
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), 1500);
    });
  };

  // Sorting of short tables whose heads are buttons; longer ones are sorted by the server (links with ?sort=). Missing stays last.
  const sort = (head) => {
    const rows = head.closest("table").tBodies[0], at = [...head.parentNode.children].indexOf(head);
    const was = head.getAttribute("aria-sort");
    const up = was ? was === "descending" : head.dataset.first !== "descending";
    $$("th[aria-sort]", head.parentNode).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const value = (row) => {
      const cell = row.children[at], text = cell.dataset.v ?? cell.textContent.trim();
      return text === "–" || text === "" ? null : Number.isNaN(+text) ? text : +text;
    };
    [...rows.rows]
      .map((row) => [value(row), row])
      .sort(([x], [y]) => x === null ? (y === null ? 0 : 1) : y === null ? -1 : (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1))
      .forEach(([, row]) => rows.append(row));
  };

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { const box = $("#search"); if (box?.offsetParent) { event.preventDefault(); box.focus(); } }
    if (event.key === "?") $("#keys")?.showModal();
    if (event.key === "j" || event.key === "k") $(event.key === "j" ? "a[rel=next]" : "a[rel=prev]")?.click();
  });

  // Filters apply on change; the button beside them is for those without script.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (form) form.requestSubmit();
    const all = event.target.closest("[data-check-all]");
    if (all) $$("input[type=checkbox][name]", all.closest("table")).forEach((box) => { box.checked = all.checked; });
    counted();
  });
  const counted = () => $$("[data-counts]").forEach((button) => {
    const n = $$(`${button.dataset.counts} input[type=checkbox][name]:checked`).length;
    button.disabled = n < +(button.dataset.least || 1);
    $("[data-count]", button)?.replaceChildren(n > 1 ? ` ${n}` : "");
  });
  counted();

  // Nobody looks at a hidden tab: its pollers wait.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches("[data-poll]")) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", counted);

  // The section being read.
  const links = $$(".toc a");
  if (links.length) {
    links[0].setAttribute("aria-current", "true");
    const watch = new IntersectionObserver((entries) => entries.filter((e) => e.isIntersecting).forEach((e) => links.forEach((a) =>
      a.hash === "#" + e.target.id ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current"))), { rootMargin: "-80px 0px -70% 0px" });
    links.forEach((a) => { const section = a.hash && $(a.hash); if (section) watch.observe(section); });
  }
})();
