// The first look: how it stands, what to do first, and where.

const MAX_STEPS_SHOWN = 6;
const MAX_SOURCES_SHOWN = 30;
const MAX_CLUSTERS_SHOWN = 30;
const LONGEST_TALLY = 8;

function overviewView() {
  const parts = partCounts();
  return [
    verdictView(),
    changeView(),
    el("div", { class: "columns" }, el("div", null, stepsView(), matrixView(parts)), el("aside", { "aria-label": "Counts" }, ...talliesView())),
  ];
}

function verdictView() {
  const [errors, failed, , passed] = audit.counts;
  const isClean = audit.exitCode === 0;
  const sentence = isClean ? cleanSentence(passed) : `${counted(failed)} of ${several(resourceCount, "resource", "resources")} ${failed === 1 ? "fails" : "fail"}${errors ? `, ${counted(errors)} could not be evaluated` : ""}`;
  const isOfAChange = audit.base && audit.exitCode !== 3;
  const title = isOfAChange ? `This change adds ${states.new ? several(states.new, "finding", "findings") : "no findings"}` : !isClean && !failed ? (errors ? `${several(errors, "resource", "resources")} could not be evaluated` : "Not everything was evaluated") : sentence;
  return el(
    "header",
    { class: "verdict" },
    el("h1", null, title),
    el("p", { class: "of" }, `${several(resourceCount, "resource", "resources")} in ${several(audit.sources.length, "source", "sources")} on ${several(audit.clusters.length, "cluster", "clusters")}, audited ${dayOf(audit.started)} in ${audit.seconds.toLocaleString("en")} s${audit.shard ? `, shard ${audit.shard[0]} of ${audit.shard[1]}` : ""}`),
    barView(),
  );
}

const cleanSentence = (passed) => (passed === resourceCount ? `All ${several(passed, "resource is", "resources are")} as declared` : `Clean: ${several(passed, "resource passes", "resources pass")}`);

const BAR_ORDER = ["error", "failed", "passed", "skipped"];

function barView() {
  const counts = Object.fromEntries(audit.outcomes.map((outcome, index) => [outcome, audit.counts[index]]));
  const bar = el("div", { class: "bar", "aria-hidden": "true" });
  for (const outcome of BAR_ORDER) {
    if (!counts[outcome]) continue;
    const part = el("span", { class: outcome });
    part.style.flexGrow = counts[outcome];
    bar.append(part);
  }
  const legend = BAR_ORDER.map((outcome) => el("li", null, linkTo({ status: outcome }, { class: `count ${outcome}${counts[outcome] ? "" : " zero"}` }, icon(outcome), el("b", null, counted(counts[outcome])), ` ${STATES[outcome].label.toLowerCase()}`)));
  return el("div", null, bar, el("ul", { class: "legend" }, legend));
}

function stepsView() {
  const title = el("h2", null, "What to do first");
  if (!audit.steps.length) return el("section", { class: "steps" }, title, el("p", { class: "calm" }, audit.exitCode === 0 ? "Nothing: no finding fails." : "See what was not evaluated under This run."));
  const left = audit.moreSteps ? el("p", { class: "of" }, `and ${several(audit.moreSteps, "smaller group", "smaller groups")} under Resources`) : "";
  return el("section", { class: "steps" }, title, listOf("ol", audit.steps, MAX_STEPS_SHOWN, stepView, "steps"), left);
}

// A list whose button stands behind it, as only items may stand in it.
function listOf(name, items, size, draw, noun) {
  const list = el(name);
  const holder = el("div", null, list);
  const more = (shown) => {
    list.append(...items.slice(shown, shown + size).map(draw));
    const left = items.length - shown - size;
    if (left > 0) holder.append(el("button", { type: "button", class: "quiet", onclick: (event) => (event.currentTarget.remove(), more(shown + size)) }, `Show ${counted(Math.min(size, left))} of ${counted(left)} more ${noun}`));
  };
  more(0);
  return holder;
}

function stepView(step) {
  const severity = audit.severities[step.severity];
  const badge = step.isError ? el("span", { class: "severity error" }, "not evaluated") : el("span", { class: `severity ${severity}` }, severity);
  const count = step.only || (step.count ? several(step.count, "resource", "resources") : "all of it");
  return el("li", null, badge, el("div", null, linkTo(step.filters, { class: "step" }, step.what), fieldsView(step), el("p", { class: "of" }, prose(step.next))), el("span", { class: step.only ? "only" : "number" }, count));
}

function fieldsView(step) {
  const names = step.fields.map((path, index) => [index ? ", " : "", el("code", { title: path }, shortPath(path, 60))]);
  return names.length ? el("div", { class: "fields" }, names.flat(), step.moreFields ? el("span", { class: "of" }, ` and ${counted(step.moreFields)} more`) : "") : "";
}

// [states by count] for each source and cluster, by their numbers.
function partCounts() {
  const parts = new Map();
  for (let resource = 0; resource < resourceCount; resource++) {
    const key = `${column.source[resource]} ${column.cluster[resource]}`;
    const counts = parts.get(key) ?? parts.set(key, { error: 0, failed: 0, skipped: 0, passed: 0, source: column.source[resource], cluster: column.cluster[resource] }).get(key);
    counts[outcomeOf(resource)]++;
  }
  return parts;
}

function matrixView(parts) {
  const badness = (list) => list.reduce((sum, part) => sum + part.error * 1e6 + part.failed, 0);
  const of = (side) => [...Map.groupBy(parts.values(), (part) => part[side])].sort(([a, one], [b, other]) => badness(other) - badness(one) || audit.texts[a].localeCompare(audit.texts[b], "en", { numeric: true })).map(([number]) => number);
  const [sources, clusters] = [of("source"), of("cluster")];
  const shown = clusters.slice(0, MAX_CLUSTERS_SHOWN);
  const head = el("tr", null, el("th", { scope: "col" }, "Source"), shown.map((cluster) => el("th", { scope: "col" }, linkTo({ cluster: audit.texts[cluster] }, { title: audit.texts[cluster] }, audit.texts[cluster]))));
  const row = (source) => el("tr", null, el("th", { scope: "row" }, linkTo({ source: audit.texts[source] }, null, audit.texts[source])), shown.map((cluster) => cellView(parts.get(`${source} ${cluster}`))));
  const rows = listOf("tbody", sources, MAX_SOURCES_SHOWN, row, "sources");
  const table = el("table", null, el("thead", null, head), rows.firstChild);
  rows.prepend(el("div", { class: "scrolled", tabindex: "0", role: "group", "aria-labelledby": "matrix-title" }, table));
  const left = clusters.length - shown.length;
  return el("section", { class: "matrix" }, el("h2", { id: "matrix-title" }, "Sources by clusters"), rows, left ? el("p", { class: "of" }, `The ${shown.length} clusters with the most failures; ${counted(left)} more are under Resources.`) : "");
}

function cellView(part) {
  if (!part) return el("td", { class: "none" }, unseen("nothing declared"));
  const total = part.error + part.failed + part.skipped + part.passed;
  const worst = ["error", "failed", "passed", "skipped"].find((state) => part[state]);
  const told = ["error", "failed"].filter((state) => part[state]).map((state) => el("span", { class: `count ${state}` }, icon(state), counted(part[state]), unseen(` ${STATES[state].says}`)));
  const rest = el("span", { class: "of" }, told.length ? ` of ${counted(total)}` : [icon(worst), ` ${counted(total)}`, unseen(` ${STATES[worst].says}`)]);
  const filters = { source: audit.texts[part.source], cluster: audit.texts[part.cluster] };
  return el("td", { class: `cell ${worst}` }, linkTo(filters, null, told, rest));
}

function talliesView() {
  const open = { status: ["error", "failed", "warning"] };
  const found = filtered(open);
  return ["severity", "check", "kind", "manager"].map((key) => {
    const index = FACETS.findIndex((facet) => facet.key === key);
    const facet = FACETS[index];
    const counts = facet.used.map((value) => [value, found.counts[index][value]]).filter(([, count]) => count);
    counts.sort(([a, one], [b, other]) => (facet.isReversed ? b - a : other - one));
    return counts.length ? tallyView(facet, counts.slice(0, LONGEST_TALLY), open) : "";
  });
}

function tallyView(facet, counts, open) {
  const most = Math.max(...counts.map(([, count]) => count));
  const rows = counts.map(([value, count]) => {
    const name = facet.names[value];
    const bar = el("span", { class: `share ${facet.key === "severity" ? name : ""}`, "aria-hidden": "true" });
    bar.style.width = `${Math.max(2, Math.round((100 * count) / most))}%`;
    return el("li", null, el("a", { href: addressOf("resources", { ...open, [facet.key]: [name] }) }, el("span", { class: "label", title: name }, nameOf(facet, name)), el("span", { class: "number" }, counted(count)), bar));
  });
  return el("section", { class: "tally" }, el("h2", null, facet.key === "kind" ? "By kind" : facet.key === "manager" ? "Changed by" : `By ${facet.key}`), el("ul", null, rows));
}
