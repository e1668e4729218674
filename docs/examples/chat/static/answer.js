/**
 * What the events of one answer add up to, as plain data that can be kept and drawn again.
 *
 * A turn is `{question, parts, state, done, error, usage}`; its state is streaming, complete, stopped,
 * failed or interrupted. A part is of kind text, tool, auth, profile, custom or note.
 */

export function newTurn(question) {
  return { question, parts: [], state: "streaming", done: null, error: null };
}

/** Begin the same question anew. */
export function reset(turn) {
  Object.assign(turn, newTurn(turn.question));
}

/** Take in one event; a name that is not known changes nothing. */
export function apply(turn, name, data) {
  HANDLERS[name]?.(turn, data);
}

/** Take in the end of the stream: only one that said how it ended is a complete answer. */
export function finish(turn) {
  if (turn.state !== "streaming") return;
  if (turn.done) turn.state = turn.done.messageId ? "complete" : "stopped";
  else fail(turn, { title: "The connection broke", detail: "The answer ended before it was complete." });
}

/** Let the answer fail with a problem of RFC 9457; what has arrived stays. */
export function fail(turn, problem) {
  turn.state = "failed";
  turn.error = { ...problem, ...inPlainWords(problem) };
}

/** What a person reads of a failure, where the words of HTTP say little. */
function inPlainWords({ status, retry_after: seconds }) {
  if (status === 429) {
    const retryAt = Date.now() + (seconds ?? 5) * 1000;
    return { title: "Too many requests", detail: "Flapjack asks for a short break.", retryAt };
  }
  if (status === 404) return { title: "This conversation has ended", detail: "Flapjack no longer knows it." };
  if (status >= 500) return { title: "The answer failed" };
  return {};
}

/** The text of an answer, without tools and cards. */
export function plainText(turn) {
  return turn.parts.filter((part) => part.kind === "text").map((part) => part.text).join("\n\n");
}

const HANDLERS = {
  token(turn, { delta }) {
    const last = turn.parts.at(-1);
    if (last?.kind === "text") last.text += delta;
    else turn.parts.push({ kind: "text", text: delta });
  },
  tool_call: (turn, { tool }) => call(turn, tool),
  requires_action: (turn, { toolCalls }) => toolCalls.forEach((tool) => call(turn, tool)),
  tool_result(turn, { tool_name, tool_call_id, result }) {
    const found = turn.parts.find((part) => part.kind === "tool" && part.id === tool_call_id);
    Object.assign(found ?? call(turn, { id: tool_call_id, name: tool_name, arguments: "" }), { result, ended: true });
  },
  auth_challenge: (turn, { toolName, challenge }) =>
    turn.parts.push({ kind: "auth", tool: toolName, ...challenge, decision: null }),
  profile_switch_proposal: (turn, { target, reason }) =>
    turn.parts.push({ kind: "profile", target, reason, decision: null }),
  custom: (turn, { kind, payload }) =>
    turn.parts.push({ kind: "custom", name: kind, result: payload, ended: true }),
  client_event(turn, { payload }) {
    if (payload?.text) turn.parts.push({ kind: "note", text: String(payload.text) });
  },
  done: (turn, data) => {
    turn.done = data;
  },
  error: (turn, problem) => fail(turn, problem),
};

function call(turn, { id, name, arguments: given }) {
  const part = { kind: "tool", id, name, arguments: given, ended: false };
  turn.parts.push(part);
  turn.done = null; // a first leg may say done before its tools have run
  return part;
}
