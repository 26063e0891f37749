// Two values of a field, line by line, as Git and the cluster have them.

const NOTHING = { declared: "not in Git", live: "not in the cluster" };

function difference(finding) {
  const [before, after] = [linesOf(finding.declared), linesOf(finding.live)];
  const box = el("pre", { class: "difference", tabindex: "0", role: "group", "aria-label": "Git against cluster" });
  if (before === null && after === null) return "";
  if (before === null || after === null) {
    for (const line of before ?? after) box.append(lineOf(before ? "del" : "ins", [line]));
    box.append(lineOf("none", [before ? NOTHING.live : NOTHING.declared]));
    return box;
  }
  if (before.length === 1 && after.length === 1) {
    const [head, removed, added, tail] = parted(before[0], after[0]);
    box.append(lineOf("del", [head, removed && el("mark", null, removed), tail]));
    box.append(lineOf("ins", [head, added && el("mark", null, added), tail]));
    return box;
  }
  for (const [kind, line] of compared(before, after)) box.append(lineOf(kind, [line]));
  return box;
}

const linesOf = (text) => (text === undefined ? null : text.split("\n"));

const SIGNS = { del: "−", ins: "+", same: " ", none: " " };
const SPOKEN = { del: "in Git: ", ins: "in the cluster: ", same: "", none: "" };

function lineOf(kind, parts, spoken = SPOKEN) {
  const sign = el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[kind]);
  const text = el(kind === "same" || kind === "none" ? "span" : kind, { class: "text" }, unseen(spoken[kind]), ...parts);
  return el("span", { class: `line ${kind}` }, sign, text, "\n");
}

// What both lines start with, what each has of its own, and what both end with.
function parted(before, after) {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  // A whole word is easier to see than the letter in it.
  while (head > 0 && /[\w.-]/.test(before[head - 1])) head--;
  while (tail > 0 && /[\w.-]/.test(before[before.length - tail])) tail--;
  const end = (text) => text.length - tail;
  return [before.slice(0, head), before.slice(head, end(before)), after.slice(head, end(after)), before.slice(end(before))];
}

// The longest common subsequence of lines: the report keeps texts to a few hundred lines.
function compared(before, after) {
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const [down, right] = [longest[(i + 1) * width + j], longest[i * width + j + 1]];
      longest[i * width + j] = before[i] === after[j] ? longest[(i + 1) * width + j + 1] + 1 : Math.max(down, right);
    }
  }
  const lines = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    if (i < before.length && j < after.length && before[i] === after[j]) lines.push(["same", before[i++], j++]);
    else if (j >= after.length || (i < before.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) lines.push(["del", before[i++]]);
    else lines.push(["ins", after[j++]]);
  }
  return lines;
}
