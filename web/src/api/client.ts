/**
 * The API client. Its types are generated from the server's OpenAPI document (`npm run generate`), so a change of the
 * API shows as a compile error here. Every request of the portal goes through it; nothing else calls `fetch` but the event stream.
 */
import createClient from "openapi-fetch";
import { ApiError, asApiError } from "./errors.ts";
import type { components, paths as schemaPaths } from "./schema.d.ts";
import { sessionEnded } from "./session.ts";

export type Schemas = components["schemas"];

/** The space the portal shows. Addresses without a space mean the default one; `/s/{space}/…` is reserved. */
export const SPACE = "Spaces-1";
let spaceId = SPACE;
/** Remembers which space is the default one, as the server said when the portal started. */
export function useDefaultSpace(id: string) {
  spaceId = id;
}
/** Path parameters that every operation below a space needs. */
export function inSpace<T extends Record<string, string>>(rest: T = {} as T): T & { spaceId: string } {
  return { ...rest, spaceId };
}

async function send(request: Request): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") request.headers.set("X-Regatta-Csrf", csrfToken());
  let response: Response;
  try {
    response = await fetch(request);
  } catch {
    throw new ApiError(0, { Code: "Unreachable", ErrorMessage: "The server cannot be reached." });
  }
  if (response.status === 401 && !request.url.endsWith("/users/login") && !request.url.endsWith("/setup")) {
    sessionEnded();
  }
  return response;
}

/** The token of the session, which the server keeps in a cookie that scripts of this origin may read. */
function csrfToken(): string {
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("regatta-csrf="));
  return cookie?.slice("regatta-csrf=".length) ?? "";
}

/** Typed by the OpenAPI document: `answer(api.GET("/api/{spaceId}/projects", { params: { path: inSpace() } }))`. */
export const api = createClient<schemaPaths>({ baseUrl: location.origin, fetch: send });

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; every other answer is thrown as an `ApiError`. */
export async function answer<T>(call: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  const requestId = response.headers.get("x-request-id") ?? undefined;
  throw new ApiError(response.status, typeof error === "object" && error !== null ? error : {}, requestId);
}

/** As `answer`, for operations whose answers the document does not describe; say what they hold in a type of yours. */
export async function answerAs<T>(call: Promise<Answered<unknown>>): Promise<T> {
  return (await answer(call)) as T;
}

/** A request to an address that is only known at run time, such as a link of an answer. */
export async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method, signal: signal ?? null, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await send(new Request(new URL(path, location.origin), init));
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = text === "" ? undefined : JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (!response.ok) {
    const requestId = response.headers.get("x-request-id") ?? undefined;
    throw new ApiError(response.status, (parsed as object | undefined) ?? {}, requestId);
  }
  return parsed as T;
}

/** The address of something below the space, for `request`. */
export function spacePath(path: string): string {
  return `/api/${spaceId}/${path}`;
}

export { asApiError };
