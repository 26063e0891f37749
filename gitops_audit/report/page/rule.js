// Rules for gitops-audit.yaml, as text to be pasted.

const PLAIN = /^[A-Za-z/][\w./-]*( [\w./-]+)*$/;
const WORDS_OF_YAML = /^(y|n|yes|no|on|off|true|false|null)$/i;

function scalar(value) {
  const text = String(value);
  return PLAIN.test(text) && !WORDS_OF_YAML.test(text) ? text : JSON.stringify(text);
}

const flow = (map) => `{${Object.entries(map).map(([key, value]) => `${key}: ${scalar(value)}`).join(", ")}}`;

function ruleLines(rule) {
  return Object.entries(rule).flatMap(([key, value]) => {
    if (Array.isArray(value)) return [`${key}:`, ...value.map((item) => `  - ${scalar(item)}`)];
    return [`${key}: ${typeof value === "object" ? flow(value) : scalar(value)}`];
  });
}

function listed(keys, rule) {
  const lines = ruleLines(rule);
  const indent = "  ".repeat(keys.length);
  const head = keys.map((key, depth) => `${"  ".repeat(depth)}${key}:`);
  return [...head, ...lines.map((line, index) => `${indent}${index ? "  " : "- "}${line}`)].join("\n") + "\n";
}

const ignoreRule = (rule) => listed(["drift", "ignore"], rule);
const exceptionRule = (rule) => listed(["exceptions"], rule);
