// The audit as columns of numbers. An entry is one finding of one resource, or a resource of which nothing is told; the
// entries of a resource follow each other, and resources stand in their order of urgency.

const STATES = {
  error: { label: "Not evaluated", mark: "?", says: "could not be evaluated" },
  failed: { label: "Failed", mark: "×", says: "failed" },
  warning: { label: "Warning", mark: "!", says: "warning" },
  waived: { label: "Waived", mark: "~", says: "waived" },
  skipped: { label: "Skipped", mark: "–", says: "skipped" },
  passed: { label: "Passed", mark: "✓", says: "passed" },
};
const STATE_NAMES = Object.keys(STATES);

const audit = JSON.parse(byId("data").textContent);
byId("data").remove();

const column = audit.columns;
const resourceCount = column.outcome.length;
const textOf = (name, resource) => audit.texts[column[name][resource]];
const outcomeOf = (resource) => audit.outcomes[column.outcome[resource]];
const detailOf = (resource) => audit.details[column.detail[resource]];
const kindOf = (resource) => textOf("kind", resource).split(".")[0];
const titleOf = (resource) => [textOf("kind", resource), textOf("namespace", resource), textOf("name", resource)].filter(Boolean).join("/");
const idOf = (resource) => [textOf("cluster", resource), textOf("source", resource), titleOf(resource)].join("/");

const entries = { resource: [], finding: [], state: [] };

function addEntry(resource, finding, state) {
  entries.resource.push(resource);
  entries.finding.push(finding);
  entries.state.push(STATE_NAMES.indexOf(state));
}

for (let resource = 0; resource < resourceCount; resource++) {
  const detail = detailOf(resource);
  for (const finding of detail ? detail.findings : []) addEntry(resource, finding, finding.state);
  // What passes although something is told of it (a waived finding) counts as passed, too.
  if (!detail || outcomeOf(resource) === "passed") addEntry(resource, null, outcomeOf(resource));
}
const entryCount = entries.resource.length;

const locationOf = new Map();
for (let entry = entryCount - 1; entry >= 0; entry--) {
  const finding = entries.finding[entry];
  if (finding) locationOf.set(finding.fingerprint, entries.resource[entry]);
}

function resourceAt(address) {
  if (locationOf.has(address)) return locationOf.get(address);
  for (let resource = 0; resource < resourceCount; resource++) if (idOf(resource) === address) return resource;
  return -1;
}

const policyByName = new Map(audit.policies.map((policy) => [policy.name, policy]));

const policyOf = (finding) => policyByName.get(audit.texts[finding.policy]);

const severityOf = (finding) => audit.severities[finding.severity];
