// The list of resources. Only the rows in sight are on the page: a hundred thousand scroll like a hundred.

const ROW_PIXELS = 58;
const SPARE_ROWS = 8;

function makeList(onOpen) {
  const rows = el("div", { class: "rows", role: "presentation" });
  const box = el("div", { id: "list", class: "list", role: "listbox", tabindex: "0", "aria-label": "Resources" }, rows);
  const list = { box, found: { resources: [], entries: [] }, current: -1, shown: new Map() };

  const draw = () => {
    const first = Math.max(0, Math.floor(box.scrollTop / ROW_PIXELS) - SPARE_ROWS);
    const end = Math.min(list.found.resources.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW_PIXELS) + SPARE_ROWS);
    for (const [index, row] of list.shown) {
      if (index >= first && index < end) continue;
      row.remove();
      list.shown.delete(index);
    }
    for (let index = first; index < end; index++) {
      if (list.shown.has(index)) continue;
      const row = rowOf(list.found.resources[index], list.found.entries[index], index, list.found.resources.length);
      row.style.top = `${index * ROW_PIXELS}px`;
      row.addEventListener("click", () => list.choose(index, true));
      list.shown.set(index, row);
      rows.append(row);
    }
    mark();
  };

  const mark = () => {
    for (const [index, row] of list.shown) row.setAttribute("aria-selected", String(index === list.current));
    if (list.shown.has(list.current)) box.setAttribute("aria-activedescendant", `row-${list.current}`);
    else box.removeAttribute("aria-activedescendant");
  };

  const reveal = (index) => {
    const top = index * ROW_PIXELS;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW_PIXELS > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_PIXELS - box.clientHeight;
  };

  list.show = (found) => {
    list.found = found;
    rows.replaceChildren();
    list.shown.clear();
    rows.style.height = `${found.resources.length * ROW_PIXELS}px`;
    box.hidden = !found.resources.length;
    box.scrollTop = 0;
    draw();
  };
  list.choose = (index, isOpened) => {
    if (index < 0 || index >= list.found.resources.length) return;
    list.current = index;
    reveal(index);
    draw();
    onOpen(list.found.resources[index], list.found.entries[index], isOpened);
  };
  // Marks a resource that was opened by its address.
  list.point = (resource) => {
    list.current = list.found.resources.indexOf(resource);
    if (list.current >= 0) reveal(list.current);
    draw();
  };
  box.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(draw).observe(box);
  box.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(box.clientHeight / ROW_PIXELS) - 1);
    const end = list.found.resources.length - 1;
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -end - 1, End: end + 1 };
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in steps) list.choose(Math.min(end, Math.max(0, list.current + steps[event.key])), false);
    else if (event.key === "Enter" || event.key === " ") list.choose(Math.max(0, list.current), true);
    else return;
    event.preventDefault();
  });
  return list;
}

function rowOf(resource, entry, index, size) {
  const finding = entries.finding[entry];
  const state = STATE_NAMES[entries.state[entry]];
  const others = (detailOf(resource)?.findings.length ?? 0) - 1;
  const where = [textOf("cluster", resource), textOf("source", resource)].filter(Boolean).join(" › ");
  return el(
    "div",
    { class: `row ${state}`, role: "option", id: `row-${index}`, "aria-posinset": index + 1, "aria-setsize": size },
    icon(state),
    el(
      "span",
      { class: "what" },
      el("span", { class: "name" }, unseen(`${STATES[state].label}: `), el("b", null, textOf("name", resource)), " ", el("span", { class: "of" }, [kindOf(resource), textOf("namespace", resource)].filter(Boolean).join(" · "))),
      el("span", { class: "gist" }, ...gistOf(finding, state, resource)),
    ),
    el(
      "span",
      { class: "side" },
      finding && ["failed", "warning"].includes(state) ? el("span", { class: `severity ${severityOf(finding)}` }, severityOf(finding)) : el("span", { class: "severity" }, STATES[state].label.toLowerCase()),
      el("span", { class: "of" }, where, others > 0 ? el("span", { class: "others", title: several(others, "more finding", "more findings") }, ` +${counted(others)}`) : ""),
    ),
  );
}

// One line that says what is wrong.
function gistOf(finding, state, resource) {
  if (!finding) return [STATES[state].label === "Passed" ? (detailOf(resource) ? "nothing here fails" : "as declared") : STATES[state].says];
  if (finding.declared !== undefined || finding.live !== undefined) {
    const sides = [finding.declared, finding.live].map((text) => (text === undefined ? undefined : brief(text)));
    const parts = [el("code", null, shortPath(finding.path, 34)), " "];
    if (sides[0] !== undefined) parts.push(el("del", null, sides[0]), sides[1] === undefined ? " removed" : " → ");
    if (sides[1] !== undefined) parts.push(el("ins", null, sides[1]), sides[0] === undefined ? " added" : "");
    return parts;
  }
  const rule = audit.texts[finding.rule];
  const message = finding.message?.split("\n")[0] ?? "";
  if (finding.check === "policy") return [el("code", null, rule), " ", message];
  if (finding.check === "schema") return ["invalid: ", finding.path ? `${finding.path}: ` : "", message];
  if (finding.state === "error" && rule !== "unknown") return [message, " ", el("code", null, rule)];
  return [rule === "missing" ? missingText(finding) : rule === "extra" ? "in the cluster, declared nowhere" : message];
}

const MISSING = { git: "missing: new in Git, not deployed yet", cluster: "missing: deleted in the cluster" };
const missingText = (finding) => MISSING[finding.cause] ?? "missing: declared in Git, not in the cluster";

function brief(text) {
  const [first, ...rest] = text.split("\n");
  return rest.length ? `${first.slice(0, 30)} …` : first.length > 60 ? `${first.slice(0, 30)}…${first.slice(-24)}` : first;
}

// The end of a path says more than its start.
const shortPath = (path, most) => (path && path.length > most ? `…${path.slice(-most)}` : (path ?? ""));
