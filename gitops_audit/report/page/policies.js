// Policies by the standards that they say they come from; and what the run itself has to tell.

const ITEMS_SHOWN = 100;

function policiesView() {
  const counts = policyCounts();
  const groups = new Map();
  for (const policy of audit.policies) {
    for (const standard of policy.standards.length ? policy.standards : [""]) {
      const [family, control] = parts(standard);
      if (!groups.has(family)) groups.set(family, []);
      groups.get(family).push([control, policy]);
    }
  }
  const families = [...groups].sort(([one], [other]) => Number(!one) - Number(!other) || (one < other ? -1 : 1));
  if (!families.length) return [el("h1", null, "Policies"), el("p", { class: "calm" }, "This run had no policies, or its report does not name them.")];
  return [el("h1", null, "Policies by standard"), el("p", { class: "of" }, "A policy covers what its text says, and no more of a control than that. What matched no object says nothing."), ...families.map(([family, policies]) => familyView(family, policies, counts))];
}

function parts(standard) {
  const [family, ...control] = standard.split(": ");
  return [family, control.join(": ")];
}

function policyCounts() {
  const counts = new Map();
  for (let entry = 0; entry < entryCount; entry++) {
    const finding = entries.finding[entry];
    const policy = finding?.check === "policy" ? policyOf(finding) : undefined;
    if (!policy) continue;
    const count = counts.get(policy) ?? counts.set(policy, { rules: new Set() }).get(policy);
    count[finding.state] = (count[finding.state] ?? new Set()).add(entries.resource[entry]);
    count.rules.add(audit.texts[finding.rule]);
    count.worst = Math.max(count.worst ?? -1, finding.severity);
  }
  return counts;
}

function familyView(family, policies, counts) {
  const inOrder = policies.sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }));
  const failing = new Set(policies.map(([, policy]) => policy).filter((policy) => ["failed", "error", "warning"].some((state) => counts.get(policy)?.[state]))).size;
  const rows = inOrder.map(([control, policy]) => policyRow(control, policy, counts.get(policy) ?? { rules: new Set() }));
  const head = el("tr", null, ["Control", "Policy", "Result"].map((name) => el("th", { scope: "col" }, name)));
  const summary = failing ? `${several(failing, "policy has", "policies have")} findings` : "no findings";
  return el("section", { class: "family" }, el("h2", null, family || "No standard named", " ", el("span", { class: "of" }, summary)), el("div", { class: "scrolled", tabindex: "0", role: "group", "aria-label": family || "No standard named" }, el("table", null, el("thead", null, head), el("tbody", null, rows))));
}

function policyRow(control, policy, count) {
  const help = el("details", null, el("summary", null, policy.title || policy.name), el("p", null, policy.description), policy.remediation ? el("p", null, el("b", null, "To comply: "), policy.remediation) : "");
  const hasHelp = policy.description || policy.remediation;
  return el("tr", null, el("td", { class: "control" }, control || "–"), el("td", null, hasHelp ? help : policy.title || policy.name, el("code", { class: "of" }, policy.name)), el("td", null, resultOf(policy, count)));
}

function resultOf(policy, count) {
  const rules = { check: ["policy"], rule: [...count.rules] };
  const told = STATE_NAMES.filter((state) => count[state]).map((state) => el("a", { class: `count ${state}`, href: addressOf("resources", { ...rules, status: [state] }) }, icon(state), `${counted(count[state].size)} ${STATES[state].says}`));
  if (policy.passed) told.push(el("span", { class: "count passed" }, icon("passed"), `${several(policy.passed, "check", "checks")} passed`));
  return told.length ? told.flatMap((part) => [part, " "]) : el("span", { class: "of" }, "matched no object");
}

function runView() {
  return [
    el("h1", null, "This run"),
    el("dl", { class: "facts" }, fact("Started", dayOf(audit.started)), fact("Finished", dayOf(audit.finished)), ...Object.entries(audit.tools).map(([name, version]) => fact(name, version)), audit.shard ? fact("Shard", `${audit.shard[0]} of ${audit.shard[1]}`) : ""),
    unansweredView(),
    groupsView("Not evaluated", "Nobody knows whether these are right.", "error", "Everything that was looked at could be evaluated."),
    groupsView("Waived", "Findings that an ignore rule or an exception accepts.", "waived", "No ignore rule and no exception hides anything."),
    groupsView("Skipped", "What was not compared on purpose, and policies that cannot judge here.", "skipped", "Nothing was skipped."),
    el("section", null, el("h2", null, "Notes"), audit.notes.length ? el("div", { class: "notes" }, listOf("ul", audit.notes, ITEMS_SHOWN, (note) => el("li", null, note), "notes")) : el("p", { class: "calm" }, "The run has nothing to add.")),
    tableView("Clusters", ["Name", "Version"], audit.clusters.map(([name, version]) => [name, version || "not known"])),
    tableView("Sources", ["Name", "Repository", "Revision", "Commit", "Path", "Followed from"], audit.sources.map(([name, repo, revision, commit, path, from]) => [name, repo || "not read", revision, repo ? commit.slice(0, 12) || "work tree" : "", path || ".", from])),
  ];
}

function unansweredView() {
  if (!audit.unanswered.length) return "";
  const items = audit.unanswered.map(([cluster, source]) => el("li", null, linkTo({ cluster, source }, null, `${source} on ${cluster}`)));
  return el("section", { class: "alarm" }, el("h2", null, "Sources of which nothing was evaluated"), el("p", { class: "of" }, "No check applied to any of their resources."), el("ul", null, items));
}

// Findings of one state by what they have in common: for waived ones the reason, else the message.
function groupsView(title, lead, state, nothing) {
  const groups = new Map();
  for (let entry = 0; entry < entryCount; entry++) {
    if (STATE_NAMES[entries.state[entry]] !== state || !entries.finding[entry]) continue;
    const finding = entries.finding[entry];
    const [reason, owner, expires] = finding.waiver ?? [finding.message?.split("\n")[0] ?? ""];
    const key = JSON.stringify([reason, owner, expires, finding.waiver ? "" : finding.rule]);
    const group = groups.get(key) ?? groups.set(key, { reason, owner, expires, finding, resources: new Set() }).get(key);
    group.resources.add(entries.resource[entry]);
  }
  const sorted = [...groups.values()].sort((one, other) => other.resources.size - one.resources.size);
  const item = (group) => {
    const filters = { status: state, ...(state === "waived" ? { q: group.reason } : { rule: audit.texts[group.finding.rule] }) };
    const of = [group.owner, group.expires && `until ${group.expires}`, state === "waived" ? "" : audit.texts[group.finding.rule]].filter(Boolean).join(", ");
    return el("li", null, linkTo(filters, { class: "number" }, counted(group.resources.size), unseen(" resources")), el("span", null, group.reason || "no reason given", " ", el("span", { class: "of" }, of)));
  };
  return el("section", null, el("h2", null, title), sorted.length ? [el("p", { class: "of" }, lead), el("div", { class: "groups" }, listOf("ul", sorted, ITEMS_SHOWN, item, "reasons"))] : el("p", { class: "calm" }, nothing));
}

function tableView(title, heads, rows) {
  if (!rows.length) return "";
  const head = el("tr", null, heads.map((name) => el("th", { scope: "col" }, name)));
  const body = rows.map((cells) => el("tr", null, cells.map((cell, index) => el(index ? "td" : "th", index ? null : { scope: "row" }, cell))));
  return el("section", null, el("h2", null, title), el("div", { class: "scrolled", tabindex: "0", role: "group", "aria-label": title }, el("table", null, el("thead", null, head), el("tbody", null, body))));
}
