/** A real `regatta server` on a temporary data directory, for one test file. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const repository = join(import.meta.dirname, "..", "..");
export const binary = process.env.REGATTA_BINARY ?? join(repository, "target", "debug", "regatta");

export const admin = { username: "admin", password: "Correct-Horse-7", apiKey: "API-ENDTOENDTESTSENDTOEND" };

export interface Server {
  url: string;
  dataDir: string;
  /** An API call as the administrator; fails unless it succeeds. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  kill(): Promise<void>;
  /** Starts again on the same data directory and address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Options {
  /** Leave the first administrator to the set-up page. */
  fresh?: boolean;
  extra?: string[];
}

export async function startServer(options: Options = {}): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), "regatta-e2e-"));
  let { child, url } = await launch(dataDir, "127.0.0.1:0", options);
  const ended = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await exit;
  };
  return {
    get url() {
      return url;
    },
    dataDir,
    call: (method, path, body) => call(url, method, path, body),
    kill: () => ended("SIGKILL"),
    async restart() {
      ({ child, url } = await launch(dataDir, new URL(url).host, options));
    },
    async stop() {
      await ended("SIGTERM");
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function launch(
  dataDir: string,
  listen: string,
  options: Options,
): Promise<{ child: ChildProcess; url: string }> {
  const env = options.fresh
    ? process.env
    : {
        ...process.env,
        REGATTA_ADMIN_USERNAME: admin.username,
        REGATTA_ADMIN_PASSWORD: admin.password,
        REGATTA_ADMIN_API_KEY: admin.apiKey,
      };
  const child = spawn(binary, ["server", "--data-dir", dataDir, "--listen", listen, ...(options.extra ?? [])], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (text) => {
    log = (log + text).slice(-20_000);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/https?:\/\/[^\s]+/)?.[0];
    if (url) return { child, url };
  }
  throw new Error(`${binary} ended before it was ready:\n${log}`);
}

async function call<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "X-Octopus-ApiKey": admin.apiKey, "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** The sample project of the story, by the command developers use for it. */
export async function seed(server: Server, ...extra: string[]) {
  const arguments_ = ["seed", "--server", server.url, "--api-key", admin.apiKey, ...extra];
  const built = join(dirname(binary), "xtask");
  const [command, before] = existsSync(built) ? [built, []] : ["cargo", ["run", "-q", "-p", "xtask", "--"]];
  await promisify(execFile)(command, [...before, ...arguments_], { cwd: repository });
}

export async function setupToken(server: Server): Promise<string> {
  return (await readFile(join(server.dataDir, "setup-token"), "utf8")).trim();
}
