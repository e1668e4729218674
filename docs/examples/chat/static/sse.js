/**
 * Server-Sent Events of a fetch answer, one after the other. EventSource cannot send a question, so the
 * format is read here: WHATWG HTML, 9.2.6.
 */
export async function* serverSentEvents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let name = "";
  let data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return; // what stands before the end without an empty line is no event
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/); // a last CR may be half of a CRLF
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (data.length) yield { name: name || "message", data: data.join("\n") };
          name = "";
          data = [];
          continue;
        }
        const [, field, content] = /^([^:]*):? ?(.*)$/s.exec(line);
        if (field === "event") name = content;
        if (field === "data") data.push(content);
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // leaving early closes the connection; a broken one is closed already
  }
}
