// What the page shows stands in its address: a view, its filters, and what is open. So all of it can be sent.

const VIEWS = { overview: "Overview", resources: "Resources", policies: "Policies", run: "This run" };

function addressOf(view, filters, open) {
  const parameters = new URLSearchParams();
  for (const facet of FACETS) for (const name of filters?.[facet.key] ?? []) parameters.append(facet.key, name);
  if (filters?.q) parameters.append("q", filters.q);
  if (open) parameters.append("open", open);
  const told = parameters.toString();
  return `#${view}${told ? `?${told}` : ""}`;
}

function readAddress() {
  const [view, told] = location.hash.slice(1).split("?", 2);
  const parameters = new URLSearchParams(told ?? "");
  const filters = { q: parameters.get("q") ?? "" };
  for (const facet of FACETS) filters[facet.key] = parameters.getAll(facet.key);
  const isView = Object.hasOwn(VIEWS, view);
  return { view: isView ? view : "overview", filters, open: parameters.get("open") ?? "" };
}

// The values are names of filters, one each.
function linkTo(filters, properties, ...children) {
  const lists = Object.fromEntries(Object.entries(filters).map(([key, value]) => [key, key === "q" ? value : [value]]));
  return el("a", { ...properties, href: addressOf("resources", lists) }, ...children);
}
