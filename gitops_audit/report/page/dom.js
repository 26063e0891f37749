// Elements are made here and nowhere else: what an object holds goes into text and attributes, never into markup.

function el(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== ""));
  return element;
}

const byId = (id) => document.getElementById(id);

const counted = (number) => number.toLocaleString("en");

const several = (number, one, many) => `${counted(number)} ${number === 1 ? one : many}`;

const unseen = (text) => el("span", { class: "unseen" }, text);

function say(text) {
  byId("said").textContent = text;
}

// A path may break at its dots, and not within a word.
const pathCode = (path) => el("code", null, path.split(/(?=[.[])/).flatMap((part, index) => (index ? [el("wbr"), part] : part)));

// What stands between backquotes is code; all of it stays text.
const prose = (text) => text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? el("code", null, part) : part));

function icon(state) {
  return el("span", { class: `icon ${state}`, "aria-hidden": "true" }, STATES[state].mark);
}

// The first of many, and a button for the next as many: a page with all of a hundred thousand would not open.
function portions(items, size, draw, noun) {
  const holder = document.createDocumentFragment();
  const button = el("button", { type: "button", class: "quiet" });
  let shown = 0;
  const more = () => {
    button.before(...items.slice(shown, shown + size).map(draw));
    shown += size;
    button.textContent = `Show ${counted(Math.min(size, items.length - shown))} of ${counted(items.length - shown)} more ${noun}`;
    button.hidden = shown >= items.length;
  };
  button.addEventListener("click", more);
  holder.append(button);
  more();
  return holder;
}

async function copy(text, button) {
  let isCopied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    document.body.append(area);
    area.select();
    isCopied = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const before = button.dataset.label ?? button.textContent;
  button.dataset.label = before;
  button.textContent = isCopied ? "Copied" : "Not allowed here";
  say(button.textContent);
  setTimeout(() => (button.textContent = before), 1600);
}

function copyButton(label, text) {
  return el("button", { type: "button", class: "quiet", onclick: (event) => copy(text(), event.currentTarget) }, label);
}
