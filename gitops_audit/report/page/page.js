// The page as a whole: views, filters, keys, the colours, and paper.

const VALUES_SHOWN = 7;
const MOST_VALUES = 500;
const MAX_PRINTED = 300;
const shownNow = { view: "", filters: { q: "" }, open: "", isMore: new Set() };
const isDrawn = new Set();

const search = el("input", { id: "search", type: "search", placeholder: "Search everything", autocomplete: "off", spellcheck: "false", "aria-label": "Search" });
const facetsBox = el("div", { class: "facets" });
const facetsDrawer = el("details", { class: "drawer" }, el("summary", null, "Filters"), facetsBox);
const countLine = el("p", { class: "found" });
const noneLine = el("p", { class: "calm nothing", hidden: true }, "Nothing matches these filters. ", el("a", { href: "#resources" }, "Clear them"));
const pane = el("div", { id: "pane", class: "pane", role: "region", "aria-label": "Selected resource" });
const list = makeList((resource, entry, isOpened) => {
  const finding = entries.finding[entry];
  shownNow.open = finding ? finding.fingerprint : idOf(resource);
  history.replaceState(null, "", addressOf("resources", shownNow.filters, shownNow.open));
  openResource(resource, isOpened, finding);
});

function drawView(view) {
  if (isDrawn.has(view)) return;
  isDrawn.add(view);
  if (view === "overview") byId("view-overview").append(...overviewView());
  if (view === "policies") byId("view-policies").append(...policiesView());
  if (view === "run") byId("view-run").append(...runView());
  if (view === "resources") byId("view-resources").append(el("h1", { class: "unseen" }, "Resources"), el("div", { class: "sieve" }, search, facetsDrawer), el("div", { class: "hits" }, el("div", { class: "hitsline" }, countLine, chips), noneLine, list.box), pane);
}

const chips = el("p", { class: "chips" });

function follow() {
  const { view, filters, open } = readAddress();
  const isMoved = view !== shownNow.view;
  Object.assign(shownNow, { view, filters, open });
  drawView(view);
  for (const name of Object.keys(VIEWS)) byId(`view-${name}`).hidden = name !== view;
  drawViews(view);
  if (view === "resources") drawResources();
  else document.title = `${VIEWS[view]} – ${pageTitle}`;
  if (isMoved) window.scrollTo(0, 0);
}

const pageTitle = document.title;

function drawViews(view) {
  byId("views").replaceChildren(...Object.entries(VIEWS).map(([name, label]) => el("a", { href: `#${name}`, "aria-current": name === view ? "page" : undefined }, label)));
}

function drawResources() {
  const { filters, open } = shownNow;
  const found = filtered(filters);
  if (search.value !== filters.q) search.value = filters.q;
  countLine.textContent = found.resources.length === resourceCount ? several(resourceCount, "resource", "resources") : `${counted(found.resources.length)} of ${several(resourceCount, "resource", "resources")}`;
  noneLine.hidden = found.resources.length > 0;
  drawFacets(found);
  drawChips();
  list.show(found);
  document.title = `Resources – ${pageTitle}`;
  const resource = open ? resourceAt(open) : -1;
  list.point(resource);
  if (resource >= 0) openResource(resource, true);
  else if (!open && isWide.matches && found.resources.length) {
    list.point(found.resources[0]);
    openResource(found.resources[0], false, entries.finding[found.entries[0]]);
  } else closePane(open ? "This report has no such finding: it may be repaired, or the link is of another report." : "");
  if (shownNow.said !== countLine.textContent) say((shownNow.said = countLine.textContent));
}

function change(filters) {
  location.hash = addressOf("resources", { ...shownNow.filters, ...filters }, "");
}

function drawFacets(found) {
  facetsBox.replaceChildren(...FACETS.map((facet, index) => facetView(facet, found.counts[index])).filter(Boolean));
}

function facetView(facet, counts) {
  const chosen = shownNow.filters[facet.key] ?? [];
  if (facet.used.length < (facet.key === "known" ? 1 : 2) && !chosen.length) return "";
  const isFixed = facet.names !== audit.texts;
  const used = isFixed ? facet.used : facet.used.filter((value) => counts[value] || chosen.includes(facet.names[value]));
  const order = isFixed ? (facet.isReversed ? [...used].reverse() : used) : used.sort((one, other) => counts[other] - counts[one] || (facet.names[one] < facet.names[other] ? -1 : 1));
  const isMore = shownNow.isMore.has(facet.key);
  const first = order.filter((value, index) => isMore || index < VALUES_SHOWN || chosen.includes(facet.names[value]));
  const more = order.length - first.length;
  const rows = first.slice(0, MOST_VALUES).map((value) => choiceView(facet, facet.names[value], counts[value], chosen));
  const button = more > 0 ? el("button", { type: "button", class: "quiet", onclick: () => (shownNow.isMore.add(facet.key), drawFacets(filtered(shownNow.filters))) }, `${counted(more)} more`) : first.length > MOST_VALUES ? el("p", { class: "of" }, `and ${counted(first.length - MOST_VALUES)} more: search for them`) : "";
  return el("fieldset", null, el("legend", null, facet.title), rows, button);
}

function choiceView(facet, name, count, chosen) {
  const box = el("input", { type: "checkbox", checked: chosen.includes(name), onchange: (event) => toggle(facet, name, event.currentTarget.checked) });
  box.dataset.of = `${facet.key}=${name}`;
  const mark = facet.key === "status" ? icon(name) : facet.key === "severity" ? el("span", { class: `dot ${name}`, "aria-hidden": "true" }) : "";
  return el("label", { class: count ? "" : "zero" }, box, mark, el("span", { class: "label", title: name }, nameOf(facet, name)), el("span", { class: "number" }, counted(count)));
}

// Of kinds, the group stands behind, as it is rarely what tells two apart.
function nameOf(facet, name) {
  if (facet.key !== "kind" || !name.includes(".")) return facet.label ? facet.label(name) : name;
  const [kind, ...group] = name.split(".");
  return [kind, el("span", { class: "of" }, ` ${group.join(".")}`)];
}

function toggle(facet, name, isChosen) {
  const chosen = (shownNow.filters[facet.key] ?? []).filter((other) => other !== name);
  change({ [facet.key]: isChosen ? [...chosen, name] : chosen });
  const again = [...facetsBox.querySelectorAll("input")].find((box) => box.dataset.of === `${facet.key}=${name}`);
  setTimeout(() => ([...facetsBox.querySelectorAll("input")].find((box) => box.dataset.of === `${facet.key}=${name}`) ?? again)?.focus(), 0);
}

function drawChips() {
  const chosen = FACETS.flatMap((facet) => (shownNow.filters[facet.key] ?? []).map((name) => [facet, name]));
  const parts = chosen.map(([facet, name]) => el("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${facet.title}: ${name}`, onclick: () => toggle(facet, name, false) }, el("span", { class: "of" }, `${facet.title} `), facet.label ? facet.label(name) : name, el("span", { "aria-hidden": "true" }, " ×")));
  if (parts.length || shownNow.filters.q) parts.push(el("a", { href: "#resources", class: "quiet" }, "Clear"));
  chips.replaceChildren(...parts);
}

function openResource(resource, isFocused, finding) {
  const view = detailView(resource, shownNow.open, shownNow.open || finding?.fingerprint);
  const close = el("button", { type: "button", class: "quiet back", onclick: () => leavePane() }, "← Back to the list");
  pane.replaceChildren(close, view);
  pane.classList.add("open");
  pane.scrollTop = 0;
  const opened = pane.querySelector(".finding.opened");
  if (opened && isFocused) opened.scrollIntoView({ block: "nearest" });
  if (isFocused && !document.activeElement?.closest(".sieve")) byId("detail-title").focus({ preventScroll: true });
}

const isWide = matchMedia("(min-width: 1101px)");
const isRoomy = matchMedia("(min-width: 641px)");
const drawFacetsDrawer = () => (facetsDrawer.open = isRoomy.matches);
isRoomy.addEventListener("change", drawFacetsDrawer);

function closePane(text) {
  pane.classList.toggle("open", Boolean(text));
  pane.replaceChildren(el("p", { class: "calm" }, text || "Choose a resource: ↑ ↓ move, Enter opens, / searches, Esc goes back."));
}

function leavePane() {
  shownNow.open = "";
  history.replaceState(null, "", addressOf("resources", shownNow.filters, ""));
  pane.classList.remove("open");
  list.box.focus();
}

// As the system has it, or as the reader chose; kept where the browser allows it.
const THEMES = { auto: "system", light: "light", dark: "dark" };

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").replaceChildren("Theme", el("span", { class: "wide" }, `: ${THEMES[theme]}`));
  try {
    localStorage.setItem("gitops-audit-theme", theme);
  } catch {
    // a browser that keeps nothing shows the page all the same
  }
}

function keptTheme() {
  try {
    const kept = localStorage.getItem("gitops-audit-theme");
    return Object.hasOwn(THEMES, kept) ? kept : "auto";
  } catch {
    return "auto";
  }
}

byId("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  setTheme(names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length]);
});
byId("skip").addEventListener("click", (event) => (event.preventDefault(), byId("main").focus()));

let waiting = 0;
search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    history.replaceState(null, "", addressOf("resources", { ...shownNow.filters, q: search.value }, ""));
    follow();
  }, 120);
});
search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && list.found.resources.length) (list.box.focus(), list.choose(Math.max(0, list.current), false), event.preventDefault());
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox";
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    if (shownNow.view !== "resources") location.hash = "#resources";
    setTimeout(() => search.focus(), 0);
  }
  if (event.key === "Escape" && shownNow.view === "resources" && pane.contains(document.activeElement)) leavePane();
});

// On paper: every view but the list, and instead of it each resource that the filters leave.
window.addEventListener("beforeprint", () => {
  for (const view of ["overview", "policies", "run"]) drawView(view);
  const chosen = shownNow.view === "resources" ? shownNow.filters : { status: ["error", "failed"] };
  const { resources } = filtered(chosen);
  const cut = resources.length > MAX_PRINTED ? el("p", null, `${counted(resources.length - MAX_PRINTED)} more are not printed: filter them, or read the JSON report.`) : "";
  byId("printed").replaceChildren(el("h1", null, several(resources.length, "resource", "resources")), ...resources.slice(0, MAX_PRINTED).map((resource) => detailView(resource, "", "")), cut);
  for (const box of byId("printed").querySelectorAll("details")) box.remove();
  for (const marked of byId("printed").querySelectorAll("[id]")) marked.removeAttribute("id");
});
window.addEventListener("afterprint", () => byId("printed").replaceChildren());
window.addEventListener("hashchange", follow);
setTheme(keptTheme());
drawFacetsDrawer();
follow();
