// One resource with all that was found: what differs, who did it, when, since which commit, and what to do next.

const FINDINGS_SHOWN = 50;
const SIDES = { declared: "in Git", live: "in the cluster only", both: "in Git and in the cluster" };
const CAUSES = { cluster: "The cluster moved", git: "Git moved", both: "Git and the cluster moved" };
const CLASSES = { interactive: "by hand", controller: "a controller", applier: "a deployer" };
const DRIFT_STATES = { "in-sync": "in sync with Git", modified: "differs from Git", missing: "not in the cluster", extra: "declared nowhere", unknown: "not compared" };

function detailView(resource, opened, leading) {
  const detail = detailOf(resource);
  const heading = el("h2", { id: "detail-title", tabindex: "-1" }, el("span", { class: "of" }, `${textOf("kind", resource)} `), textOf("name", resource));
  // The finding that the reader came for leads; the others follow as they are, the worst first.
  const found = detail ? [...detail.findings].sort((one, other) => (other.fingerprint === leading) - (one.fingerprint === leading)) : [];
  return el(
    "article",
    { class: "detail", "aria-label": titleOf(resource) },
    el("header", null, stateLine(resource), heading, facts(resource, detail)),
    found.length ? "" : el("p", { class: "calm" }, outcomeOf(resource) === "passed" ? "Nothing differs, and no policy has anything against it." : "Nothing more is told."),
    found.length ? portions(found, FINDINGS_SHOWN, (finding) => findingView(finding, resource, finding.fingerprint === opened), "findings") : "",
    detail?.next ? nextView(detail.next) : "",
    detail?.rule ? ruleView("Accept the drift by an ignore rule", ignoreRule(detail.rule)) : "",
  );
}

function nextView(text) {
  if (!text.startsWith("kubectl ")) return el("p", { class: "next" }, el("b", null, "Next: "), prose(text));
  return el("div", { class: "next" }, el("b", null, "Next: look at who owns which field"), el("pre", { tabindex: "0" }, text), copyButton("Copy command", () => text));
}

function stateLine(resource) {
  const state = outcomeOf(resource);
  const drift = detailOf(resource)?.drift;
  const confirmed = drift?.[1] && drift[0] !== "in-sync" ? ", confirmed by a dry run" : "";
  const compared = drift ? `${DRIFT_STATES[drift[0]] ?? drift[0]}${confirmed}` : "";
  return el("p", { class: "outcome" }, el("span", { class: `badge ${state}` }, icon(state), STATES[state].label), compared ? el("span", { class: "of" }, compared) : "");
}

function facts(resource, detail) {
  const namespace = textOf("namespace", resource);
  const path = textOf("path", resource);
  const line = column.line[resource];
  const commit = detail?.commit;
  return el(
    "dl",
    { class: "facts" },
    fact("Where", el("span", { class: "of" }, "cluster "), textOf("cluster", resource), el("span", { class: "of" }, ", source "), textOf("source", resource), namespace ? [el("span", { class: "of" }, ", namespace "), namespace] : ""),
    path ? fact("Declared at", el("code", null, line ? `${path}:${line}` : path)) : "",
    commit ? fact("Last commit", el("code", null, commit[0].slice(0, 10)), ` ${commit[3]}`, el("span", { class: "of" }, ` ${commit[1]}, ${dayOf(commit[2])}`)) : "",
    detail?.drift?.[2] ? fact("Note", detail.drift[2]) : "",
  );
}

const fact = (name, ...what) => el("div", null, el("dt", null, name), el("dd", null, ...what));

const dayOf = (time) => (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time) ? time.slice(0, 16).replace("T", " ") + (time.endsWith("Z") ? " UTC" : time.slice(19)) : time);

function findingView(finding, resource, isOpened) {
  const [title, ...place] = headOf(finding);
  const link = addressOf("resources", null, finding.fingerprint);
  return el(
    "section",
    { class: `finding ${finding.state}${isOpened ? " opened" : ""}`, id: `finding-${finding.fingerprint}`, "aria-label": title },
    el(
      "header",
      null,
      icon(finding.state),
      el("h3", null, unseen(`${STATES[finding.state].label}: `), title, finding.check === "policy" ? "" : [" ", place]),
      ["failed", "warning"].includes(finding.state) ? el("span", { class: `severity ${severityOf(finding)}` }, severityOf(finding)) : el("span", { class: "severity" }, STATES[finding.state].label.toLowerCase()),
      el("a", { class: "anchor", href: link, "aria-label": "Link to this finding", title: "Link to this finding" }, "#"),
    ),
    finding.check === "policy" && place.length ? el("p", { class: "place" }, ...place) : "",
    difference(finding),
    ...sentences(finding, resource),
    finding.exception ? ruleView("Accept it by an exception", exceptionRule(finding.exception)) : "",
  );
}

function headOf(finding) {
  const rule = audit.texts[finding.rule];
  const path = finding.path ? [pathCode(finding.path)] : [];
  if (finding.check === "policy") return policyOf(finding)?.title ? [policyOf(finding).title, el("span", { class: "of" }, rule), finding.path ? " at " : "", ...path] : [rule, ...path];
  if (finding.check === "schema") return ["Does not fit the schema of its kind", ...path];
  if (finding.state === "error") return [rule === "unknown" ? "Drift unknown" : `Could not be evaluated: ${rule}`];
  if (finding.state === "skipped") return ["Not compared"];
  if (!finding.path) return [rule === "missing" ? "Missing in the cluster" : rule === "extra" ? "Declared nowhere" : rule];
  return [{ changed: "Changed", removed: "Removed", stale: "No longer in Git", added: "Added by hand", dropped: "Not kept by the API server" }[rule] ?? rule, ...path];
}

function sentences(finding, resource) {
  const told = [];
  const policy = finding.check === "policy" ? policyOf(finding) : undefined;
  const place = finding.line ? `${textOf("path", resource)}:${finding.line}` : "";
  const isChange = finding.check === "drift" && finding.path;
  if (finding.message && !isChange) told.push(el("p", { class: "message" }, prose(finding.message)));
  if (policy?.remediation && finding.state !== "waived") told.push(el("p", { class: "next" }, el("b", null, "To comply: "), prose(policy.remediation)));
  const lines = [];
  if (finding.by) lines.push(...whoDid(finding));
  if (isChange) lines.push(fact("Cause", [CAUSES[finding.cause], finding.message].filter(Boolean).join(": ")));
  else if (CAUSES[finding.cause]) lines.push(fact("Cause", CAUSES[finding.cause]));
  if (finding.known) lines.push(fact(base ? "State" : "First seen", base || finding.known === "new" ? STATE_LABELS[finding.known] : finding.since ? dayOf(finding.since) : "in an earlier run"));
  if (finding.on) lines.push(fact("Found", SIDES[finding.on]));
  if (place) lines.push(fact("Line", el("code", null, place)));
  if (policy?.standards.length) lines.push(fact("Standards", policy.standards.join("; ")));
  if (policy?.description) lines.push(fact("Why", policy.description));
  if (finding.waiver) lines.push(...waiverFacts(finding.waiver));
  if (lines.length) told.push(el("dl", { class: "facts" }, lines));
  return told;
}

function whoDid(finding) {
  const [type, how, time, user, address, agent] = finding.by;
  const lines = [fact("Who", el("b", null, audit.texts[finding.manager]), el("span", { class: "of" }, [CLASSES[type], how].filter(Boolean).map((part) => ` · ${part}`).join("")))];
  if (user || address || agent) lines.push(fact("User", [user, address && `from ${address}`, agent && `with ${agent}`].filter(Boolean).join(", ")));
  if (time) lines.push(fact("When", dayOf(time)));
  return lines;
}

function waiverFacts([reason, owner, expires, rule]) {
  return [fact("Waived", reason || "no reason given"), owner ? fact("Owner", owner) : "", expires ? fact("Until", expires) : "", rule ? fact("Rule", el("code", null, rule)) : ""];
}

function ruleView(title, text) {
  const box = el("details", { class: "rule" }, el("summary", null, title));
  box.append(el("p", { class: "of" }, "For gitops-audit.yaml; say who answers for it, and why."), el("pre", { tabindex: "0" }, text), copyButton("Copy rule", () => text));
  return box;
}
