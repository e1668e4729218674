/** The page: conversations, the question, and one answer at a time in each conversation. */
import { apply, fail, finish, newTurn, plainText, reset } from "./answer.js";
import { clone, setIcon } from "./dom.js";
import { serverSentEvents } from "./sse.js";
import { load, remove, save, theme } from "./store.js";
import { TurnView } from "./view.js";

const SAVE_EVERY_MS = 500;
const NEAR_THE_END = 60; // pixels from the end at which the page keeps following the answer
const THEMES = ["auto", "light", "dark"];
const SUGGESTIONS = [
  ["box", "Where is my order A-1001?", "A tool at the platform"],
  ["tool", "Track parcel B-2002", "A Python function of this server"],
  ["key", "Book a meeting; I need auth", "Asks you to connect an account"],
  ["swap", "Which profile fits an incident?", "Asks you before it switches"],
  ["text", "Tell me a slow, long story", "Time enough to stop it"],
  ["alert", "Show me an error", "What has arrived is kept"],
];

const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((node) => [node.id, node]));
const running = new Map(); // conversation to {abort, stopping}
const views = new Map(); // turn of the conversation on show to its view
const unsaved = new Set();
const conversations = load();
let current = conversations[0] ?? newConversation();
let follow = true;

function newConversation() {
  return { id: crypto.randomUUID(), created: Date.now(), title: "", thread: null, profile: null, turns: [] };
}

// Asking

async function ask(conversation, turn) {
  const work = { abort: new AbortController(), stopping: false };
  running.set(conversation, work);
  changed(conversation);
  follow = true;
  say("The answer is being written");
  try {
    await stream(conversation, turn, work.abort.signal);
  } catch (error) {
    if (work.abort.signal.aborted) turn.state = "stopped";
    else fail(turn, problemOf(error));
  }
  finish(turn);
  running.delete(conversation);
  changed(conversation);
  say(turn.state === "complete" ? plainText(turn) : `The answer ended: ${turn.error?.title ?? turn.state}`);
}

async function stream(conversation, turn, signal) {
  conversation.thread ??= (await post("threads", { title: conversation.title }, signal).then((r) => r.json())).id;
  const response = await post(`threads/${conversation.thread}/messages`, { content: turn.question }, signal);
  for await (const { name, data } of serverSentEvents(response)) {
    apply(turn, name, JSON.parse(data));
    changed(conversation);
  }
}

/** Send JSON; throws a `Refusal` for an answer that is an error. */
async function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`/api/${path}`, { method: "POST", headers, body: JSON.stringify(body), signal });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Refusal({ title: response.statusText, status: response.status, ...problem });
}

class Refusal extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

function problemOf(error) {
  if (error instanceof Refusal) return error.problem;
  return { title: "No connection", detail: "The server cannot be reached. Your question is kept." };
}

async function stop(conversation) {
  const work = running.get(conversation);
  if (!work) return;
  if (work.stopping || !conversation.thread) return work.abort.abort(); // a second time: at once
  work.stopping = true;
  await post(`threads/${conversation.thread}/stop`, {}).catch(() => work.abort.abort());
}

// What a person does

function submit(question, conversation = current) {
  if (!question.trim() || running.has(conversation) || !navigator.onLine) return false;
  if (!conversation.turns.length) {
    conversation.title = question.trim().replace(/\s+/g, " ").slice(0, 60);
    conversations.unshift(conversation);
  }
  const turn = newTurn(question.trim());
  conversation.turns.push(turn);
  ask(conversation, turn);
  return true;
}

const actions = {
  again(turn) {
    if (running.has(current) || !navigator.onLine) return;
    reset(turn);
    page.question.focus();
    ask(current, turn);
  },
  anew(question, { here = false } = {}) {
    if (!here) show(newConversation());
    submit(question);
    page.question.focus();
  },
  async decide(part, decision) {
    const conversation = current;
    if (part.kind === "profile" && decision === "accepted") {
      const switched = post(`threads/${conversation.thread}/profile`, { profile: part.target });
      decision = await switched.then(() => "accepted", () => "failed");
      if (decision === "accepted") conversation.profile = part.target;
    }
    part.decision = decision;
    changed(conversation);
  },
};

function show(conversation) {
  current = conversation;
  views.clear();
  page.turns.replaceChildren();
  follow = true;
  openSidebar(false);
  draw();
}

function forget(conversation) {
  running.get(conversation)?.abort.abort();
  conversations.splice(conversations.indexOf(conversation), 1);
  remove(conversation);
  unsaved.delete(conversation);
  if (conversation === current) show(conversations[0] ?? newConversation());
  else drawSidebar();
  page.new.focus();
}

// Drawing

let frame = 0;

/** Draw soon and save a little later; called for every event. */
function changed(conversation) {
  if (!conversations.includes(conversation)) return; // deleted meanwhile
  if (!unsaved.size) setTimeout(saveAll, SAVE_EVERY_MS);
  unsaved.add(conversation);
  frame ||= requestAnimationFrame(draw);
}

function saveAll() {
  unsaved.forEach(save);
  unsaved.clear();
}

function draw() {
  frame = 0;
  const last = current.turns.at(-1);
  for (const turn of current.turns) {
    const view = views.get(turn) ?? addView(turn);
    view.update(turn === last);
  }
  const busy = running.has(current);
  page.title.textContent = current.title || "New conversation";
  document.title = current.title ? `${current.title} – Flapjack chat` : "Flapjack chat";
  page.welcome.hidden = current.turns.length > 0;
  page.profile.hidden = !current.profile;
  page.profile.textContent = current.profile ? `Profile: ${current.profile}` : "";
  page.stop.hidden = !busy;
  page.send.hidden = busy;
  drawSend();
  drawSidebar();
  if (follow) page.log.scrollTop = page.log.scrollHeight;
  drawLatest();
}

function addView(turn) {
  const view = new TurnView(turn, actions);
  views.set(turn, view);
  page.turns.append(view.node);
  return view;
}

function drawSend() {
  page.send.disabled = !navigator.onLine || !page.question.value.trim();
}

function drawLatest() {
  page.latest.hidden = atTheEnd() || !current.turns.length;
}

function atTheEnd() {
  const { scrollHeight, scrollTop, clientHeight } = page.log;
  return scrollHeight - scrollTop - clientHeight < NEAR_THE_END;
}

let listed = "";

function drawSidebar() {
  const wanted = JSON.stringify([current.id, conversations.map((each) => [each.id, running.has(each)])]);
  if (wanted === listed) return;
  listed = wanted;
  page.conversations.replaceChildren(...conversations.map(entry));
}

function entry(conversation) {
  const { node, slots } = clone("conversation", { title: conversation.title });
  if (conversation === current) slots.title.setAttribute("aria-current", "true");
  node.classList.toggle("busy", running.has(conversation));
  slots.title.onclick = () => {
    show(conversation);
    page.question.focus();
  };
  const bin = node.querySelector(".remove");
  bin.setAttribute("aria-label", `Delete ${conversation.title}`);
  bin.onclick = () => forget(conversation);
  return node;
}

/** Tell those who hear the page. Tokens are not read out one by one: the whole answer is, at its end. */
function say(text) {
  page.spoken.textContent = text;
}

function drawOnline() {
  page.offline.hidden = navigator.onLine;
  page.offline.textContent = navigator.onLine ? "" : "You are offline. What you write is kept until you are back.";
  drawSend();
}

function setTheme(chosen) {
  document.documentElement.dataset.theme = theme(chosen);
  page.theme.setAttribute("aria-label", `Colours: ${theme()}. Change`);
  page.theme.title = `Colours: ${theme()}`;
}

function openSidebar(open) {
  page.sidebar.classList.toggle("open", open);
  page.scrim.hidden = !open;
  page.menu.setAttribute("aria-expanded", String(open));
  page.main.inert = open;
  if (open) page.close.focus();
}

function fitQuestion() {
  page.question.style.height = "auto";
  page.question.style.height = `${page.question.scrollHeight}px`;
  drawSend();
}

// Events of the page

page.composer.onsubmit = (event) => {
  event.preventDefault();
  if (!submit(page.question.value)) return;
  page.question.value = "";
  fitQuestion();
  page.question.focus();
};
page.question.oninput = fitQuestion;
page.question.onkeydown = (event) => {
  // While an input method composes, Enter chooses a word.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  page.composer.requestSubmit();
};
document.onkeydown = (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  if (page.sidebar.classList.contains("open")) {
    openSidebar(false);
    page.menu.focus();
  } else stop(current);
};
page.stop.onclick = () => {
  stop(current);
  page.question.focus();
};
page.new.onclick = () => {
  show(newConversation());
  page.question.focus();
};
page.menu.onclick = () => openSidebar(true);
page.close.onclick = page.scrim.onclick = () => {
  openSidebar(false);
  page.menu.focus();
};
page.theme.onclick = () => setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
page.latest.onclick = () => {
  page.log.scrollTop = page.log.scrollHeight;
  page.question.focus();
};
page.log.onscroll = () => {
  follow = atTheEnd();
  drawLatest();
};
window.addEventListener("online", drawOnline);
window.addEventListener("offline", drawOnline);
window.addEventListener("pagehide", saveAll);

for (const [icon, text, note] of SUGGESTIONS) {
  const { node } = clone("suggestion", { text, note });
  setIcon(node, icon);
  node.querySelector("button").onclick = () => {
    submit(text);
    page.question.focus();
  };
  page.suggestions.append(node);
}
setTheme();
drawOnline();
draw();
page.question.focus();
