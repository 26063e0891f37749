// What a change makes of the audit, beside its base or beside a baseline: what it adds, what it ends, what stood before.

const MAX_ENDED_SHOWN = 10;
const MAX_CHANGES_SHOWN = 20;
const { base, states } = audit;
const STATE_LABELS = base ? { new: "Added by the change", persisting: "Stood before" } : { new: "New", persisting: "Known before" };

function changeView() {
  if (!states) return "";
  const title = base ? ["Against ", el("code", null, base.revision), el("span", { class: "of" }, ` at ${base.commit.slice(0, 10)}`)] : "Against the baseline";
  return el("section", { class: "change", "aria-label": "What changed" }, el("h2", null, title), tallyOfStates(), endedView(), base ? objectsView() : "");
}

function tallyOfStates() {
  const told = [
    ["new", "failed", base ? "added" : "new"],
    ["persisting", "skipped", base ? "stood before" : "known before"],
  ].map(([name, mark, label]) => el("li", null, linkTo({ known: name }, { class: `count ${mark}${states[name] ? "" : " zero"}` }, icon(mark), el("b", null, counted(states[name])), ` ${label}`)));
  const ended = el("span", { class: `count passed${states.ended ? "" : " zero"}` }, icon("passed"), el("b", null, counted(states.ended)), base ? " repaired or removed" : " no longer found");
  return el("ul", { class: "legend" }, told[0], el("li", null, ended), told[1]);
}

function endedView() {
  if (!audit.ended.length) return "";
  const item = ([how, place, rules]) => el("li", null, icon("passed"), el("span", null, base ? `${how} ` : "", el("b", null, place), el("span", { class: "of" }, rules.map((rule, index) => [index ? ", " : ": ", el("code", null, rule)]))));
  const left = audit.moreEnded ? el("p", { class: "of" }, `and ${counted(audit.moreEnded)} more objects in the JSON report`) : "";
  return el("div", { class: "ended" }, listOf("ul", audit.ended, MAX_ENDED_SHOWN, item, "objects"), left);
}

// The diff of each object that is added, changed or removed: closed, as the findings come first.
function objectsView() {
  const { counts, changes } = base;
  const told = Object.entries(counts).map(([name, count]) => `${counted(count)} ${name}`);
  const left = base.moreChanges ? el("p", { class: "of" }, `and ${counted(base.moreChanges)} more in the JSON report`) : "";
  const list = changes.length ? listOf("ul", changes, MAX_CHANGES_SHOWN, objectView, "objects") : "";
  return el("div", { class: "objects" }, el("p", { class: "of" }, `Declared objects: ${told.join(", ")}`), list, left);
}

function objectView([how, resource, cluster, source, lines]) {
  const box = el("pre", { class: "difference", tabindex: "0", role: "group", "aria-label": `${how} ${resource}` });
  for (const line of lines) {
    const kind = { "-": "del", "+": "ins" }[line[0]] ?? (line.startsWith("@@") ? "none" : "same");
    box.append(lineOf(kind, [kind === "none" ? line : line.slice(1)], SIDES_OF_A_CHANGE));
  }
  return el("li", null, el("details", null, el("summary", null, el("b", null, how), " ", el("code", null, resource), el("span", { class: "of" }, ` ${cluster} › ${source}`)), box));
}

const SIDES_OF_A_CHANGE = { del: "before: ", ins: "after: ", same: "", none: "" };
