/**
 * Where drafts lie between visits: IndexedDB, one entry a person and process. A browser may refuse it (private windows, a
 * full disk): then they live as long as the page, and whoever wrote hears of it.
 */
import type { Process, Step } from "./model.ts";

export interface Kept {
  base: Process;
  steps: Step[];
}

const STORE = "process-drafts";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("regatta", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Done only when the browser has it for good: a write may still fail after its request went well. */
async function use<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    return await new Promise<T>((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Writes follow each other in order, the last one wins. */
let writing: Promise<unknown> = Promise.resolve();

/** Keeps a draft, or forgets it. Answers whether the browser did so. */
export function put(key: string, kept: Kept | undefined): Promise<boolean> {
  const write = () => use("readwrite", (store) => (kept ? store.put(kept, key) : store.delete(key)) as IDBRequest);
  const done = writing.then(write).then(
    () => true,
    // One that is not forgotten comes back, and can be discarded then.
    () => kept === undefined,
  );
  writing = done;
  return done;
}

export async function recall(key: string): Promise<Kept | undefined> {
  await writing;
  return use("readonly", (store) => store.get(key) as IDBRequest<Kept | undefined>).catch(() => undefined);
}
