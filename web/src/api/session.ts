/** Whether the session still holds. When it ends, an overlay asks to sign in again over the page, which keeps its state. */
type Listener = () => void;

let hasEnded = false;
/** Before the first sign-in there is no session that could end: the router leads to the sign-in page instead. */
let hasBegun = false;
const listeners = new Set<Listener>();

function tell() {
  for (const listener of listeners) listener();
}

export function sessionBegan() {
  hasBegun = true;
  hasEnded = false;
  tell();
}

export function sessionEnded() {
  if (!hasBegun || hasEnded) return;
  hasEnded = true;
  tell();
}

/** What pages keep in memory of a person's work. */
const memories = new Set<() => void>();

export function forgetsWithPerson(forget: () => void) {
  memories.add(forget);
}

/** Somebody signed out, or somebody else signed in: what was theirs is nobody else's. */
export function personLeft() {
  for (const forget of memories) forget();
}

/** After signing out on purpose. */
export function sessionForgotten() {
  hasBegun = false;
  hasEnded = false;
  tell();
}

export const sessionState = {
  subscribe(listener: Listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  hasEnded: () => hasEnded,
};
