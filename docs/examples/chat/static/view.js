/** How a turn looks: one view for each turn, brought up to date as its data grows. */
import { plainText } from "./answer.js";
import { button, clone, copyButton, setIcon } from "./dom.js";
import { drawMarkdown, safeUrl } from "./markdown.js";

const STATES = {
  streaming: "",
  complete: "",
  stopped: "Stopped",
  failed: "",
  interrupted: "Interrupted: the page was left while this was written",
};

/**
 * The view of one turn. `actions` are `again(turn)`, `decide(part, decision)` and `anew(question)`; each is
 * only called by a person.
 */
export class TurnView {
  constructor(turn, actions) {
    this.turn = turn;
    this.actions = actions;
    const { node, slots } = clone("turn", { question: turn.question });
    this.node = node;
    this.slots = slots;
    this.answer = node.querySelector("article");
    this.parts = [];
    this.update(false);
  }

  /** Draw what has changed; `isLast` says whether the question may be asked again. */
  update(isLast) {
    const { turn } = this;
    if (this.drawn !== turn.parts) this.#beginAnew();
    turn.parts.forEach((part, index) => this.#part(part, index));
    const streaming = turn.state === "streaming";
    this.answer.setAttribute("aria-busy", String(streaming));
    this.slots.thinking.hidden = !streaming || turn.parts.at(-1)?.kind === "text";
    this.#end(isLast);
  }

  /** The question was asked again: nothing of the earlier answer stays. */
  #beginAnew() {
    this.drawn = this.turn.parts;
    this.shown = null;
    this.parts.splice(0).forEach((view) => view.node.remove());
  }

  #part(part, index) {
    this.parts[index] ??= this.#begin(part);
    this.parts[index].update();
  }

  #begin(part) {
    const view = PARTS[part.kind](part, this);
    this.slots.thinking.before(view.node);
    return view;
  }

  #end(isLast) {
    const { turn } = this;
    const shown = `${turn.state} ${isLast}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.slots.footer.replaceChildren();
    if (turn.state === "failed") this.slots.footer.append(errorCard(turn, isLast, this.actions));
    else if (turn.state !== "streaming") this.slots.footer.append(footer(turn, isLast, this.actions));
  }
}

function footer(turn, isLast, actions) {
  const { node } = clone("footer", { state: STATES[turn.state] });
  const again = node.querySelector(".again");
  again.hidden = !isLast || turn.state === "complete";
  again.onclick = () => actions.again(turn);
  const copy = node.querySelector(".copy");
  copy.hidden = !plainText(turn);
  copyButton(copy, () => plainText(turn));
  return node;
}

/** A failure: what happened, for support who to ask about, and what the person can do. */
function errorCard(turn, isLast, actions) {
  const { title, detail, code, request_id: requestId, status, retryAt } = turn.error;
  const { node, slots } = card("alert", title, [detail, support(code, requestId)].filter(Boolean).join("\n"));
  node.classList.add("error");
  node.setAttribute("role", "alert");
  if (!isLast) return node;
  if (status === 404) {
    slots.actions.append(button("Ask in a new conversation", () => actions.anew(turn.question), "primary"));
  } else {
    const again = button("Try again", () => actions.again(turn), "primary");
    if (retryAt) countDown(again, retryAt);
    slots.actions.append(again);
  }
  return node;
}

function support(code, requestId) {
  return [code && `Code ${code}`, requestId && `request ${requestId}`].filter(Boolean).join(", ");
}

function countDown(again, until) {
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    again.disabled = left > 0;
    again.textContent = left > 0 ? `Try again in ${left} s` : "Try again";
    if (left > 0) setTimeout(() => again.isConnected && tick(), 250); // by then the card is on the page
  };
  tick();
}

const PARTS = {
  text(part) {
    const { node } = clone("text");
    return { node, update: () => drawMarkdown(node, part.text) };
  },

  note(part) {
    const { node } = clone("note", { text: part.text });
    return { node, update() {} };
  },

  tool(part, view) {
    const { node, slots } = clone("tool", { name: part.name.replace("__", " · ").replaceAll("_", " ") });
    slots.arguments.textContent = pretty(part.arguments);
    node.ontoggle = () => node.open && node.scrollIntoView({ block: "nearest" });
    const update = () => {
      const givenUp = !part.ended && view.turn.state !== "streaming";
      slots.state.textContent = part.ended ? "Done" : givenUp ? "Not finished" : "Running";
      node.classList.toggle("running", !part.ended && !givenUp);
      slots.result.textContent = part.ended ? pretty(part.result) : "…";
    };
    return { node, update };
  },

  custom(part) {
    const { node, slots } = clone("tool", { name: part.name, state: "Details", result: pretty(part.result) });
    slots.arguments.previousElementSibling.remove();
    slots.arguments.remove();
    return { node, update() {} };
  },

  auth(part, view) {
    const url = safeUrl(part.redirectUrl);
    const host = url ? new URL(url).host : null;
    const where = host ? `You will sign in at ${host}, in a new tab.` : "Its address is not one this page opens.";
    const { node, slots } = card("key", part.description || `Connect ${part.provider}`, where);
    const draw = {
      null: () => [url && connectLink(url, part, view), button("Not now", () => view.actions.decide(part, "declined"))],
      opened: () => [
        button("I have connected, ask again", () => view.actions.anew(view.turn.question, { here: true }), "primary"),
        connectLink(url, part, view, "Open again"),
      ],
      declined: () => [said("Not connected")],
    };
    return { node, update: redraw(part, slots.actions, draw) };
  },

  profile(part, view) {
    const { node, slots } = card("swap", `Switch to the profile “${part.target}”?`, part.reason ?? "");
    const draw = {
      null: () => [
        button("Switch", () => view.actions.decide(part, "accepted"), "primary"),
        button("Keep the current one", () => view.actions.decide(part, "declined")),
      ],
      accepted: () => [said("Switched, from your next question on")],
      declined: () => [said("Not switched")],
      failed: () => [said("This did not work."), button("Try again", () => view.actions.decide(part, "accepted"))],
    };
    return { node, update: redraw(part, slots.actions, draw) };
  },
};

function card(icon, title, text) {
  const made = clone("card", { title, text });
  setIcon(made.node, icon);
  return made;
}

function connectLink(url, part, view, label = "Connect") {
  const link = document.createElement("a");
  Object.assign(link, { href: url, target: "_blank", rel: "noopener noreferrer", textContent: label });
  link.className = label === "Connect" ? "button primary" : "button";
  link.onclick = () => view.actions.decide(part, "opened");
  return link;
}

function said(text) {
  return Object.assign(document.createElement("span"), { className: "decided", textContent: text });
}

/** Draw the actions of a card anew when its decision has changed; the focus stays in the card. */
function redraw(part, actions, draw) {
  let shown;
  return () => {
    if (shown === part.decision) return;
    const focused = actions.contains(document.activeElement);
    shown = part.decision;
    actions.replaceChildren(...draw[shown]().filter(Boolean));
    if (focused) (actions.querySelector("button, a") ?? document.getElementById("question")).focus();
  };
}

/** JSON with line breaks; other text as it is. */
function pretty(value) {
  try {
    return JSON.stringify(typeof value === "string" ? JSON.parse(value) : value, null, 2) ?? "";
  } catch {
    return value;
  }
}
