// Which resources a filter leaves, and how many each further choice would leave.

const KNOWN = ["new", "persisting"];
const CHECKS = [...new Set(audit.details.flatMap((detail) => detail.findings.map((finding) => finding.check)))].sort();

// Each facet: the name of a value by its number, and the number of an entry's value (-1: it has none).
const FACETS = [
  { key: "status", title: "Status", names: STATE_NAMES, label: (name) => STATES[name]?.label ?? name, of: (entry) => entries.state[entry] },
  { key: "severity", title: "Severity", names: audit.severities, of: (entry, finding) => (finding && !["skipped", "waived"].includes(finding.state) ? finding.severity : -1), isReversed: true },
  { key: "check", title: "Check", names: CHECKS, of: (entry, finding) => CHECKS.indexOf(finding?.check) },
  { key: "known", title: audit.base ? "Of this change" : "Since the baseline", names: KNOWN, label: (name) => STATE_LABELS[name] ?? name, of: (entry, finding) => KNOWN.indexOf(finding?.known) },
  { key: "cluster", title: "Cluster", names: audit.texts, of: (entry) => column.cluster[entries.resource[entry]] },
  { key: "source", title: "Source", names: audit.texts, of: (entry) => column.source[entries.resource[entry]] },
  { key: "kind", title: "Kind", names: audit.texts, of: (entry) => column.kind[entries.resource[entry]] },
  { key: "rule", title: "Rule", names: audit.texts, of: (entry, finding) => (finding ? finding.rule : -1) },
  { key: "manager", title: "Changed by", names: audit.texts, of: (entry, finding) => finding?.manager ?? -1 },
];

for (const facet of FACETS) {
  facet.values = new Int32Array(entryCount);
  const isUsed = new Set();
  for (let entry = 0; entry < entryCount; entry++) {
    const value = facet.of(entry, entries.finding[entry]);
    facet.values[entry] = value;
    if (value >= 0) isUsed.add(value);
  }
  facet.used = [...isUsed].sort((one, other) => one - other);
  facet.size = facet.used.reduce((most, value) => Math.max(most, value + 1), 0);
  facet.numbers = new Map(facet.used.map((value) => [facet.names[value], value]));
}

const haystacks = new Array(entryCount);

function haystack(entry) {
  if (haystacks[entry] === undefined) {
    const resource = entries.resource[entry];
    const finding = entries.finding[entry];
    const told = [titleOf(resource), textOf("cluster", resource), textOf("source", resource), textOf("path", resource)];
    if (finding) {
      told.push(finding.path, finding.message, audit.texts[finding.rule], audit.texts[finding.manager], finding.declared, finding.live);
      told.push(finding.fingerprint, ...(finding.waiver ?? []), ...(finding.by ?? []), ...(detailOf(resource).commit ?? []));
    }
    haystacks[entry] = told.filter(Boolean).join("\n").toLowerCase();
  }
  return haystacks[entry];
}

// `filters`: {q, and for each facet the array of chosen names}. Gives the resources that match with the first entry that
// does, and for each facet the number of resources by value, as if nothing was chosen in that facet.
function filtered(filters) {
  const words = (filters.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = FACETS.map((facet) => choice(facet, filters[facet.key] ?? []));
  const counts = FACETS.map((facet) => new Int32Array(facet.size));
  const last = FACETS.map((facet) => new Int32Array(facet.size).fill(-1));
  const found = { resources: [], entries: [], counts };
  for (let entry = 0; entry < entryCount; entry++) {
    const [missed, misses] = missing(entry, chosen);
    if (misses > 1 || !words.every((word) => haystack(entry).includes(word))) continue;
    const resource = entries.resource[entry];
    for (let index = misses ? missed : 0; index < (misses ? missed + 1 : FACETS.length); index++) {
      const value = FACETS[index].values[entry];
      if (value >= 0 && last[index][value] !== resource) {
        last[index][value] = resource;
        counts[index][value]++;
      }
    }
    if (!misses && found.resources[found.resources.length - 1] !== resource) {
      found.resources.push(resource);
      found.entries.push(entry);
    }
  }
  return found;
}

function choice(facet, names) {
  if (!names.length) return null;
  const isChosen = new Uint8Array(facet.size);
  for (const name of names) if (facet.numbers.has(name)) isChosen[facet.numbers.get(name)] = 1;
  return isChosen;
}

function missing(entry, chosen) {
  let missed = -1;
  let misses = 0;
  for (let index = 0; index < chosen.length && misses < 2; index++) {
    if (chosen[index] === null) continue;
    const value = FACETS[index].values[entry];
    if (value < 0 || !chosen[index][value]) {
      missed = index;
      misses++;
    }
  }
  return [missed, misses];
}
