/**
 * Markdown as DOM nodes. Nothing is read as HTML: all text becomes text nodes, and a link leads to http, https
 * or mailto alone. Images are not loaded, they become links. Each step takes time linear in the text.
 */
import { clone, copyButton } from "./dom.js";

const DEEPEST = 8; // levels of quotes, lists and emphasis; what is deeper stays text
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]{0,30})/;
const HEADING = /^ {0,3}(#{1,6})\s+(\S.*)$/;
const RULE = /^(?:-{3,}|\*{3,}|_{3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])\s+(?=\S)/;
const DIVIDER = /^ {0,3}\|?(?: *:?-+:? *\|)+ *(?::?-+:? *)?$/;

const drawn = new WeakMap(); // element to the sources of its blocks

/** Draw a text that may still grow: blocks that are as before keep their nodes. */
export function drawMarkdown(element, text) {
  const known = drawn.get(element) ?? [];
  const blocks = split(text.replaceAll("\t", "    ").split("\n"));
  const sources = blocks.map((block) => `${block.kind}\n${block.lines.join("\n")}`);
  let same = 0;
  while (same < known.length && known[same] === sources[same]) same += 1;
  while (element.childNodes.length > same) element.lastChild.remove();
  for (const block of blocks.slice(same)) element.append(DRAW[block.kind](block, 0));
  drawn.set(element, sources);
}

function split(lines) {
  const blocks = [];
  for (let at = 0; at < lines.length; ) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const kind = kindOf(lines, at);
    const end = END[kind](lines, at);
    blocks.push({ kind, lines: lines.slice(at, end) });
    at = end;
  }
  return blocks;
}

function kindOf(lines, at) {
  const line = lines[at];
  if (FENCE.test(line)) return "code";
  if (HEADING.test(line)) return "heading";
  if (RULE.test(line.replaceAll(" ", ""))) return "rule";
  if (QUOTE.test(line)) return "quote";
  if (ITEM.test(line)) return "list";
  if (line.includes("|") && DIVIDER.test(lines[at + 1] ?? "")) return "table";
  return "paragraph";
}

/** Where a block that begins at a line ends. */
const END = {
  code(lines, at) {
    const fence = FENCE.exec(lines[at])[1];
    for (let end = at + 1; end < lines.length; end += 1) {
      const line = lines[end].trim();
      if (line.startsWith(fence) && !line.replaceAll(fence[0], "")) return end + 1;
    }
    return lines.length;
  },
  heading: (_, at) => at + 1,
  rule: (_, at) => at + 1,
  quote: (lines, at) => runOf(lines, at, (line) => QUOTE.test(line)),
  table: (lines, at) => runOf(lines, at, (line) => line.includes("|")),
  list(lines, at) {
    const [, indent, marker] = ITEM.exec(lines[at]);
    const ordered = /\d/.test(marker);
    return runOf(lines, at, (line, end) => {
      if (!line.trim()) return belongs(lines[end + 1] ?? "");
      return belongs(line);
    });
    function belongs(line) {
      const item = ITEM.exec(line);
      if (item && item[1].length <= indent.length) return /\d/.test(item[2]) === ordered;
      return Boolean(item) || line.startsWith(`${indent}  `);
    }
  },
  paragraph: (lines, at) =>
    runOf(lines, at, (line, end) => Boolean(line.trim()) && kindOf(lines, end) === "paragraph"),
};

function runOf(lines, at, belongs) {
  let end = at + 1;
  while (end < lines.length && belongs(lines[end], end)) end += 1;
  return end;
}

const DRAW = {
  code({ lines }) {
    const [, fence, language] = FENCE.exec(lines[0]);
    const last = lines.at(-1).trim();
    const closed = lines.length > 1 && last.startsWith(fence) && !last.replaceAll(fence[0], "");
    const text = lines.slice(1, closed ? -1 : undefined).join("\n");
    const { node, slots } = clone("code", { language: language || "text" });
    node.querySelector("code").textContent = text;
    node.querySelector("pre").setAttribute("aria-label", `Code, ${language || "text"}`);
    copyButton(node.querySelector(".copy"), () => text);
    slots.language.dir = "ltr";
    return node;
  },
  heading({ lines }) {
    const [, marks, text] = HEADING.exec(lines[0]);
    // The page itself uses the levels above; #### and more all look alike.
    return inlineElement(`h${Math.min(6, marks.length + 3)}`, text.replace(/\s#+\s*$/, ""));
  },
  rule: () => document.createElement("hr"),
  quote: ({ lines }, depth) =>
    nested("blockquote", lines.map((line) => line.replace(QUOTE, "")), depth),
  list: ({ lines }, depth) => list(lines, depth),
  table: ({ lines }) => table(lines),
  paragraph: ({ lines }) => inlineElement("p", lines.map((line) => line.trim()).join("\n")),
};

function nested(tag, lines, depth) {
  const element = document.createElement(tag);
  element.dir = "auto";
  if (depth >= DEEPEST) element.textContent = lines.join("\n");
  else for (const block of split(lines)) element.append(DRAW[block.kind](block, depth + 1));
  return element;
}

function list(lines, depth) {
  const [, indent, marker] = ITEM.exec(lines[0]);
  const element = document.createElement(/\d/.test(marker) ? "ol" : "ul");
  if (element.tagName === "OL") element.start = Number.parseInt(marker, 10);
  const items = [];
  let offset = 0; // where the text of an item begins; what belongs to it stands as far in, at most
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && item[1].length <= indent.length) {
      offset = item[0].length;
      items.push([line.slice(offset)]);
    } else items.at(-1).push(line.slice(Math.min(offset, line.search(/\S|$/))));
  }
  for (const item of items) element.append(listItem(item, depth));
  return element;
}

/** An item without blank lines is one of a tight list: its first text is no paragraph of its own. */
function listItem(lines, depth) {
  const item = nested("li", lines, depth);
  const first = item.firstElementChild;
  if (first?.tagName === "P" && lines.every((line) => line.trim())) first.replaceWith(...first.childNodes);
  return item;
}

function table(lines) {
  const [head, divider, ...rows] = lines.map(cells);
  const sides = divider.map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "end") : "start"));
  const element = document.createElement("table");
  for (const [group, tag, content] of [["thead", "th", [head]], ["tbody", "td", rows]]) {
    const part = element.appendChild(document.createElement(group));
    for (const row of content) part.append(tableRow(row, tag, sides));
  }
  const frame = document.createElement("div");
  Object.assign(frame, { className: "table", tabIndex: 0, role: "region", ariaLabel: "Table" });
  frame.append(element);
  return frame;
}

function tableRow(row, tag, sides) {
  const element = document.createElement("tr");
  sides.forEach((side, index) => {
    const cell = element.appendChild(inlineElement(tag, row[index] ?? ""));
    cell.className = side;
  });
  return element;
}

function cells(line) {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
}

function inlineElement(tag, text) {
  const element = document.createElement(tag);
  element.dir = "auto"; // text of any script runs its own way
  inline(element, text, 0);
  return element;
}

const MARKS = { "**": "strong", __: "strong", "~~": "del", "*": "em", _: "em" };
const LINK = /!?\[([^[\]\n]{0,500})\]\(<?((?:[^()\s<>]|\([^()\s<>]{0,200}\)){1,1000})>?(?: "[^"\n]{0,200}")?\)/y;
const ADDRESS = /https?:\/\/[^\s<>"'`]{1,1000}/y;
const TICKS = /`+/y;
const WORD = /[\p{L}\p{N}]/u;

/** Append a text with its emphasis, code and links. */
function inline(parent, text, depth) {
  const missing = new Set(); // marks that are not closed any more; they are looked for once
  let plain = 0;
  let at = 0;
  const take = (end, node) => {
    if (at > plain) parent.append(text.slice(plain, at));
    if (node) parent.append(node);
    plain = at = end;
  };
  while (at < text.length) {
    const found = piece(text, at, missing, depth);
    if (found) take(found.end, found.node);
    else at += 1;
  }
  take(text.length);
}

/** What begins at this place and is more than a letter: `{end, node}`. */
function piece(text, at, missing, depth) {
  switch (text[at]) {
    case "\n":
      return { end: at + 1, node: document.createElement("br") };
    case "\\":
      if (/[!-/:-@[-`{-~]/.test(text[at + 1] ?? "")) return { end: at + 2, node: text[at + 1] };
      return null;
    case "`":
      return codeSpan(text, at, missing);
    case "!":
    case "[":
      return link(text, at);
    case "h":
      return WORD.test(text[at - 1] ?? "") ? null : address(text, at);
    case "*":
    case "_":
    case "~":
      return depth < DEEPEST ? emphasis(text, at, missing, depth) : null;
  }
  return null;
}

function codeSpan(text, at, missing) {
  const mark = ticksAt(text, at);
  const start = at + mark.length;
  const end = missing.has(mark) ? -1 : closingTicks(text, mark, start);
  if (end < 0) {
    missing.add(mark);
    return { end: start, node: mark };
  }
  const node = document.createElement("code");
  node.textContent = text.slice(start, end);
  return { end: end + mark.length, node };
}

function closingTicks(text, mark, from) {
  let end = text.indexOf(mark, from);
  while (end >= 0 && ticksAt(text, end) !== mark) end = text.indexOf(mark, end + ticksAt(text, end).length);
  return end;
}

function ticksAt(text, at) {
  TICKS.lastIndex = at;
  return TICKS.exec(text)[0];
}

function link(text, at) {
  LINK.lastIndex = at;
  const found = LINK.exec(text);
  const node = found && anchor(found[2], found[1] || found[2]);
  return node && { end: LINK.lastIndex, node };
}

function address(text, at) {
  ADDRESS.lastIndex = at;
  const found = ADDRESS.exec(text)?.[0].replace(/[.,;:!?)\]*_~]{1,10}$/, "");
  const node = found && anchor(found, found);
  return node && { end: at + found.length, node };
}

/** A link that opens beside the page, or nothing where the address could do something else. */
function anchor(href, label) {
  const url = safeUrl(href);
  if (!url) return null;
  const node = document.createElement("a");
  Object.assign(node, { href: url, title: url, target: "_blank", rel: "noopener noreferrer", textContent: label });
  return node;
}

/** The address, where it is one of http, https or mailto. */
export function safeUrl(href) {
  const url = URL.canParse(href) ? new URL(href) : null;
  return url && ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
}

function emphasis(text, at, missing, depth) {
  const mark = text[at + 1] === text[at] ? text.slice(at, at + 2) : text[at];
  const start = at + mark.length;
  if (!MARKS[mark] || /\s|^$/.test(text[start] ?? "")) return { end: start, node: mark };
  if (mark[0] === "_" && WORD.test(text[at - 1] ?? "")) return { end: start, node: mark };
  const end = missing.has(mark) ? -1 : closing(text, mark, start + 1);
  if (end < 0) {
    missing.add(mark);
    return { end: start, node: mark };
  }
  const node = document.createElement(MARKS[mark]);
  inline(node, text.slice(start, end), depth + 1);
  return { end: end + mark.length, node };
}

function closing(text, mark, from) {
  for (let end = text.indexOf(mark, from); end >= 0; end = text.indexOf(mark, end + 1)) {
    const after = text[end + mark.length] ?? "";
    if (mark.length === 1 && after === mark) {
      end += 1; // a double mark closes no single one
      continue;
    }
    if (/[\s\\]/.test(text[end - 1]) || (mark[0] === "_" && WORD.test(after))) continue;
    return mark.length === 2 && after === mark[0] ? end + 1 : end;
  }
  return -1;
}
