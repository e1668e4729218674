/** Conversations in localStorage, each under a key of its own, so that two tabs do not overwrite each other. */

const PREFIX = "flapjack-chat/conversation/";
const THEME = "flapjack-chat/theme";

/** All conversations, the youngest first; what is not readable is left out. */
export function load() {
  const found = [];
  for (const key of Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))) {
    try {
      found.push(revive(JSON.parse(localStorage.getItem(key))));
    } catch {
      localStorage.removeItem(key);
    }
  }
  return found.sort((one, other) => other.created - one.created);
}

/** An answer that was being written when the page went away is not written on. */
function revive(conversation) {
  for (const turn of conversation.turns) {
    if (turn.state === "streaming") turn.state = "interrupted";
  }
  return conversation;
}

/** Keep a conversation; a full store loses memory, not function. */
export function save(conversation) {
  try {
    localStorage.setItem(PREFIX + conversation.id, JSON.stringify(conversation));
  } catch (error) {
    console.warn("this conversation is not kept:", error.name);
  }
}

export function remove(conversation) {
  localStorage.removeItem(PREFIX + conversation.id);
}

export function theme(chosen) {
  if (chosen) localStorage.setItem(THEME, chosen);
  return localStorage.getItem(THEME) ?? "auto";
}
