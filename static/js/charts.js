// Podium: draws the figures of a page with Plotly, and keeps the address true when a section is swapped.
// The server decides everything that is drawn. Colours come as token names ("@m1", "@m1/0.16") and are resolved here
// against the stylesheet, so a change of theme only draws again.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  const colourOf = (text, style) => {
    const [name, alpha] = text.slice(1).split("/");
    const colour = style.getPropertyValue("--" + name).trim();
    if (!alpha) return colour;
    const value = parseInt(colour.slice(1), 16);
    return `rgba(${value >> 16},${(value >> 8) & 255},${value & 255},${alpha})`;
  };
  const isToken = (text) => /^@[a-z][\w-]*(\/[\d.]+)?$/.test(text);
  const resolve = (node, style) => typeof node === "string" ? (isToken(node) ? colourOf(node, style) : node)
    : Array.isArray(node) ? node.map((item) => resolve(item, style))
    : node && typeof node === "object" ? Object.fromEntries(Object.entries(node).map(([key, item]) => [key, resolve(item, style)]))
    : node;

  const axis = (own) => {
    const { title, ...rest } = own || {};
    return {
      gridcolor: "@line", linecolor: "@line-strong", zerolinecolor: "@line-strong", tickcolor: "@line-strong",
      ticks: "outside", ticklen: 4, automargin: true, fixedrange: true, showline: true, ...rest,
      title: { text: title || "", standoff: 8, font: { size: 12, color: "@text-3" } },
    };
  };
  const layoutOf = (own, style) => {
    const layout = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "closest", showlegend: false, dragmode: false,
      margin: { l: 52, r: 16, t: 12, b: 44 },
      font: { family: style.getPropertyValue("--font"), size: 12, color: "@text-2" },
      hoverlabel: { bgcolor: "@surface", bordercolor: "@line-strong", align: "left", font: { size: 12, color: "@text" } },
      ...own,
    };
    for (const name of Object.keys(own)) if (/^[xy]axis\d*$/.test(name)) layout[name] = axis(own[name]);
    return resolve(layout, style);
  };
  const config = { displayModeBar: false, displaylogo: false, responsive: true, modeBarButtonsToRemove: ["sendChartToCloud"] };

  const draw = (plot) => {
    if (!plot.clientWidth) return;
    const figure = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
    const style = getComputedStyle(root);
    const isNarrow = plot.clientWidth < 480;
    plot.dataset.narrow = isNarrow;
    const own = isNarrow ? { ...figure.layout, ...figure.narrow } : figure.layout;
    // The narrow drawing may be taller than the stylesheet's box: what stands below must make room.
    plot.style.minHeight = own.height ? `${own.height}px` : "";
    Plotly.react(plot, resolve(figure.data, style), layoutOf(own, style), config).then(() => { plot.dataset.drawn = "1"; });
  };
  const drawAll = (from = document) => { if (window.Plotly) all(".plot[data-figure]", from).forEach(draw); };

  // A drawing is an image to a screen reader: its title names it and the table says the same.
  const begin = () => {
    all(".plot[data-figure]").forEach((plot) => {
      plot.setAttribute("role", "img");
      plot.setAttribute("aria-label", plot.closest(".chart").querySelector("h2, h3").textContent + ": see the table for the figures");
    });
    drawAll();
  };
  if (document.readyState === "complete") begin(); else addEventListener("load", begin);
  document.addEventListener("podium:theme", () => drawAll());
  document.addEventListener("htmx:afterSettle", begin);

  // Crossing 480 px changes the layout, not only the size.
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => all(".plot[data-drawn]").filter((plot) => plot.clientWidth
      && (plot.clientWidth < 480) !== (plot.dataset.narrow === "true")).forEach(draw), 150);
  });

  // "Table" takes the place of the plot, and the address says so; without script the same link loads the page.
  const setTable = (name, isOn) => {
    const query = new URLSearchParams(location.search);
    const names = (query.get("table") || "").split(",").filter((other) => other && other !== name);
    if (isOn) names.push(name);
    if (names.length) query.set("table", names.join(",")); else query.delete("table");
    const text = query.toString().replaceAll("%2C", ",");
    history.replaceState(history.state, "", location.pathname + (text ? "?" + text : "") + location.hash);
  };
  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-chart-table]");
    if (!toggle || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const chart = toggle.closest(".chart");
    const isOn = chart.classList.toggle("as-table");
    toggle.setAttribute("aria-pressed", isOn);
    setTable(chart.id.replace("chart-", ""), isOn);
    if (!isOn) drawAll(chart);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches("a[role=button]")) return;
    event.preventDefault();
    event.target.click();
  });

  // A section that is swapped alone knows only its own part of the state: the rest is what the address says now.
  document.addEventListener("htmx:configRequest", (event) => {
    const owner = event.detail.elt.closest("[data-sets]");
    if (!owner) return;
    const query = new URLSearchParams(location.search);
    const url = new URL(event.detail.path, location.href);
    const isForm = event.detail.elt.matches("form");
    for (const name of owner.dataset.sets.split(" ")) {
      const value = isForm ? event.detail.parameters[name] : url.searchParams.get(name);
      if (value) query.set(name, value); else query.delete(name);
    }
    for (const name of Object.keys(event.detail.parameters)) delete event.detail.parameters[name];
    const text = query.toString().replaceAll("%2C", ",");
    event.detail.path = location.pathname + (text ? "?" + text : "");
  });

  // The same for what loads the whole page: its links and hidden fields were written before the last switch.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-sets]:not([hx-boost]) a[href^='?']");
    if (!link) return;
    const query = new URLSearchParams(location.search), wanted = new URLSearchParams(link.search);
    for (const name of link.closest("[data-sets]").dataset.sets.split(" ")) {
      if (wanted.has(name)) query.set(name, wanted.get(name)); else query.delete(name);
    }
    link.search = query.toString().replaceAll("%2C", ",");
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-sets]:not([hx-get])")) return;
    all("input[type=hidden]", form).forEach((field) => field.remove());
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (form.dataset.sets.split(" ").includes(name)) continue;
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(field);
    }
  });
})();
