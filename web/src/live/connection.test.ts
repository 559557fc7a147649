import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Channel, connect, type Hears, type Tabs } from "./connection.ts";
import { messages, openStream, retryAfterMs, type StreamHears } from "./stream.ts";
import { changesOf } from "./topics.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("messages are read whatever pieces they come in", () => {
  const heard: unknown[] = [];
  const read = messages((message) => heard.push(message));
  for (const piece of [
    ": \n\nevent: hel",
    'lo\nid: 7.\ndata: {"Version":"1"}\n',
    "\n",
    "event: log\r\ndata: {}\r\n\r\n",
  ]) {
    read(piece);
  }
  expect(heard).toEqual([
    { name: "hello", data: { Version: "1" }, id: "7." },
    { name: "log", data: {} },
  ]);
});

test("documents and tasks become the topics that show them", () => {
  const changed = (Kind: string, Id: string, Category = "Modified", RelatedDocumentIds: string[] = []) =>
    changesOf({ name: "changed", data: { Kind, Id, Category, RelatedDocumentIds } });
  expect(changed("Projects", "Projects-3")).toEqual(
    ["projects", "dashboard", "events"].map((topic) => ({ topic, id: "Projects-3", projectId: "Projects-3" })),
  );
  expect(changed("Feeds", "Feeds-1")).toEqual(["feeds", "events"].map((topic) => ({ topic, id: "Feeds-1" })));
  const raised = changed("Deployments", "Deployments-9", "ManualInterventionInterruptionRaised", ["Projects-3"]);
  expect(raised.map((change) => change.topic)).toContain("interruptions");
  expect(raised[0]).toEqual({ topic: "deployments", id: "Deployments-9", projectId: "Projects-3" });
  const task = changesOf({ name: "task", data: { Id: "ServerTasks-5", ProjectId: "Projects-3" } });
  expect(task[0]).toEqual({ topic: "tasks", id: "ServerTasks-5", projectId: "Projects-3" });
  expect(changesOf({ name: "hello", data: {} })).toEqual([]);
});

test("tries come slower, up to every ten seconds", () => {
  expect([1, 2, 3, 4, 5, 6, 60].map((n) => retryAfterMs(n, 0.5))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
  ]);
  expect([retryAfterMs(1, 0), Math.round(retryAfterMs(1, 1))]).toEqual([400, 600]);
});

/** A server whose answers a test writes piece by piece. */
function fakeServer() {
  const asked: (string | null)[] = [];
  const bodies: ReadableStreamDefaultController<Uint8Array>[] = [];
  const last = (act: (body: ReadableStreamDefaultController<Uint8Array>) => void) => {
    const body = bodies.at(-1);
    if (body?.desiredSize) act(body);
  };
  const server = {
    asked,
    say: (text: string) => last((body) => body.enqueue(new TextEncoder().encode(text))),
    end: () => last((body) => body.close()),
    status: 200,
  };
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    asked.push(new Headers(init.headers).get("Last-Event-ID"));
    if (server.status === 0) throw new TypeError("refused");
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        bodies.push(controller);
        init.signal?.addEventListener("abort", () => controller.error(new DOMException("gone", "AbortError")));
      },
    });
    return new Response(body, { status: server.status });
  });
  return server;
}

test("silence is noticed within three seconds, and reading goes on after the last message", async () => {
  const server = fakeServer();
  const heard: string[] = [];
  const stream = openStream("/stream", undefined, {
    state: (state) => heard.push(state),
    message: (message) => heard.push(message.name),
    ended: () => heard.push("ended"),
  });
  await vi.advanceTimersByTimeAsync(0);
  server.say("event: hello\nid: 4.\ndata: {}\n\n");
  for (let beat = 0; beat < 5; beat++) {
    await vi.advanceTimersByTimeAsync(2_000);
    server.say(":\n\n");
  }
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual(["live", "hello"]);
  server.status = 0;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(heard).toEqual(["live", "hello", "lost"]);
  await vi.advanceTimersByTimeAsync(600 + 1_200 + 2_400);
  expect(server.asked.length).toBeGreaterThanOrEqual(4);
  expect(server.asked.at(-1)).toBe("4.");
  server.status = 401;
  stream.now();
  await vi.advanceTimersByTimeAsync(0);
  expect(heard.at(-1)).toBe("ended");
  server.status = 400;
  stream.now();
  await vi.advanceTimersByTimeAsync(0);
  expect(heard.at(-1)).toBe("reset");
  server.status = 200;
  stream.now();
  await vi.advanceTimersByTimeAsync(0);
  expect(server.asked.at(-1)).toBeNull();
  stream.close();
  const asked = server.asked.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.asked.length).toBe(asked);
});

/** Tabs of one browser: a channel, a lock, and the streams that are open. */
function fakeBrowser() {
  const channels = new Set<Channel>();
  const waiting: (() => void)[] = [];
  const streams: { after: string | undefined; hears: StreamHears; isClosed: boolean; hurried: number }[] = [];
  let isHeld = false;
  const next = () => {
    isHeld = false;
    waiting.shift()?.();
  };
  const tabs = (): Tabs => {
    const channel: Channel = {
      onmessage: null,
      postMessage(word) {
        for (const other of channels) if (other !== channel) other.onmessage?.({ data: word } as MessageEvent);
      },
      close: () => channels.delete(channel),
    };
    channels.add(channel);
    const lead: Tabs["lead"] = (begin) => {
      const take = () => {
        isHeld = true;
        begin().then(next);
      };
      if (isHeld) waiting.push(take);
      else take();
    };
    const open: Tabs["open"] = (after, hears) => {
      const stream = { after, hears, isClosed: false, hurried: 0 };
      streams.push(stream);
      return {
        now: () => {
          stream.hurried += 1;
        },
        close: () => {
          stream.isClosed = true;
        },
      };
    };
    return { channel, lead, open };
  };
  return { tabs, streams };
}

function listener() {
  const heard: string[] = [];
  const hears: Hears = {
    state: (state) => heard.push(state),
    change: (change) => heard.push(change.topic),
    reset: () => heard.push("reset"),
    ended: () => heard.push("ended"),
    version: (version) => heard.push(`v${version}`),
  };
  return { heard, hears };
}

test("one tab reads, all hear, and when it goes another reads on after the last message", async () => {
  const { tabs, streams } = fakeBrowser();
  const [one, two, late] = [listener(), listener(), listener()];
  const first = connect(one.hears, tabs());
  const second = connect(two.hears, tabs());
  expect(streams.length).toBe(1);
  const feeds = { name: "changed", data: { Kind: "Feeds", Id: "Feeds-1", Category: "Created" }, id: "8." };
  streams[0]?.hears.state("live");
  streams[0]?.hears.message({ name: "hello", data: { Version: "1" }, id: "7." });
  streams[0]?.hears.message(feeds);
  const third = connect(late.hears, tabs());
  streams[0]?.hears.message({ name: "reset", data: null });
  streams[0]?.hears.ended();
  // The first time a tab hears of the stream, it does not know what it missed.
  expect(one.heard).toEqual(["live", "reset", "v1", "feeds", "events", "reset", "ended"]);
  // The answers to tabs that ask are heard by all.
  expect(two.heard).toEqual(["connecting", "live", "reset", "v1", "feeds", "events", "live", "reset", "ended"]);
  expect(late.heard).toEqual(["live", "reset", "reset", "ended"]);
  dispatchEvent(new Event("online"));
  expect(streams[0]?.hurried).toBe(3);
  first.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(streams.map((stream) => [stream.after, stream.isClosed])).toEqual([
    [undefined, true],
    ["8.", false],
  ]);
  streams[1]?.hears.state("lost");
  expect([one.heard.at(-1), two.heard.at(-1), late.heard.at(-1)]).toEqual(["ended", "lost", "lost"]);
  second.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(streams[2]?.after).toBe("8.");
  third.close();
});

test("without locks a tab reads only while it is looked at, and goes on where it stopped", async () => {
  const { tabs, streams } = fakeBrowser();
  const { open } = tabs();
  const { hears } = listener();
  const look = (state: DocumentVisibilityState) => {
    vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  const connection = connect(hears, { channel: undefined, lead: (begin) => void begin(), open });
  streams[0]?.hears.message({ name: "hello", data: { Version: "1" }, id: "7." });
  look("hidden");
  expect(streams.map((stream) => stream.isClosed)).toEqual([true]);
  look("visible");
  expect(streams.map((stream) => [stream.after, stream.isClosed])).toEqual([
    [undefined, true],
    ["7.", false],
  ]);
  connection.close();
  vi.restoreAllMocks();
});

test("a stream that ends as soon as it has begun is not asked for without a pause", async () => {
  const server = fakeServer();
  const stream = openStream("/stream", undefined, { state: () => {}, message: () => {}, ended: () => {} });
  for (let n = 0; n < 20; n++) {
    await vi.advanceTimersByTimeAsync(100);
    server.say('event: hello\ndata: {"Version":"1"}\n\n');
    await vi.advanceTimersByTimeAsync(0);
    server.end();
  }
  // Two seconds: at once, and then after half a second each time.
  expect(server.asked.length).toBeLessThan(7);
  stream.close();
});
