/**
 * The event stream of the server, read by one tab: opens it, reads its messages, notices when it falls silent and opens
 * it again after the last message. What messages mean is the business of `topics.ts`, who reads that of `connection.ts`.
 */
export interface Message {
  name: string;
  data: unknown;
  /** How far the reader has come with it; messages that are not repeated have none. */
  id?: string;
}

export interface StreamHears {
  state(state: "live" | "lost"): void;
  message(message: Message): void;
  /** The server knows the session no longer. */
  ended(): void;
}

export interface Stream {
  /** Tries at once what would be tried later. */
  now(): void;
  close(): void;
}

/** The server says something every two seconds; a connection that is silent for longer is lost. */
const SILENCE_MS = 2_900;
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];
const RETRY_LAST_MS = 10_000;
/** A stream that ends sooner has failed; the server ends them after minutes. */
const SHORT_MS = 5_000;

export function openStream(path: string, after: string | undefined, hears: StreamHears): Stream {
  let lastId = after;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt: AbortController | undefined;

  const heard = (message: Message) => {
    if (message.id !== undefined) lastId = message.id;
    if (message.name === "hello") {
      failures = 0;
      hears.state("live");
    }
    hears.message(message);
  };
  const open = async () => {
    clearTimeout(timer);
    const current = new AbortController();
    attempt = current;
    const openedAt = Date.now();
    const end = await readOnce(path, lastId, current, heard);
    if (attempt !== current) return;
    attempt = undefined;
    if (end === "over" && Date.now() - openedAt > SHORT_MS) return open();
    failures += 1;
    hears.state("lost");
    if (end === "unauthorised") hears.ended();
    if (end === "refused" && lastId !== undefined) {
      // The place it stopped at says nothing to this server, so nobody knows what was missed.
      lastId = undefined;
      hears.message({ name: "reset", data: null });
    }
    timer = setTimeout(open, retryAfterMs(failures));
  };
  open();
  return {
    now() {
      if (!attempt) open();
    },
    close() {
      clearTimeout(timer);
      const current = attempt;
      attempt = undefined;
      current?.abort();
    },
  };
}

/** The first try after half a second, then twice as long each time, a fifth more or less so that browsers spread out. */
export function retryAfterMs(failures: number, random = Math.random()): number {
  return (RETRY_MS[failures - 1] ?? RETRY_LAST_MS) * (0.8 + random * 0.4);
}

/** `over`: the server ended a stream that had begun, as it does now and then. */
type End = "over" | "failed" | "unauthorised" | "refused";

async function readOnce(
  path: string,
  lastId: string | undefined,
  attempt: AbortController,
  heard: (message: Message) => void,
): Promise<End> {
  let silence: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(silence);
    silence = setTimeout(() => attempt.abort(), SILENCE_MS);
  };
  let hasBegun = false;
  try {
    alive();
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (lastId !== undefined) headers["Last-Event-ID"] = lastId;
    const response = await fetch(path, { headers, cache: "no-store", signal: attempt.signal });
    if (!response.ok || !response.body) return endOf(response.status);
    const read = messages((message) => {
      hasBegun = true;
      // What arrives after the reader has left is told to whoever reads next.
      if (!attempt.signal.aborted) heard(message);
    });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return hasBegun ? "over" : "failed";
      alive();
      read(decoder.decode(value, { stream: true }));
    }
  } catch {
    return "failed";
  } finally {
    clearTimeout(silence);
  }
}

function endOf(status: number): End {
  if (status === 401) return "unauthorised";
  return status === 400 ? "refused" : "failed";
}

/** Takes the text of a stream as it comes, and calls back with each message that is complete. */
export function messages(heard: (message: Message) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const blocks = (rest + text).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const message = asMessage(block);
      if (message) heard(message);
    }
  };
}

function asMessage(block: string): Message | undefined {
  let name = "message";
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "event") name = value;
    else if (field === "id") id = value;
    else if (field === "data") data.push(value);
  }
  if (data.length === 0) return undefined;
  return { name, data: JSON.parse(data.join("\n")), ...(id !== undefined && { id }) };
}
