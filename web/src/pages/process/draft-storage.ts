/** Where drafts lie between visits: IndexedDB, one entry a person and project. Without it (private windows) drafts live as long as the page. */
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

async function use<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  try {
    const database = await open();
    const request = act(database.transaction(STORE, mode).objectStore(STORE));
    const result = await new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    database.close();
    return result;
  } catch {
    return undefined;
  }
}

/** Writes follow each other in order, the last one wins. */
let writing: Promise<unknown> = Promise.resolve();

export function keep(key: string, kept: Kept) {
  writing = writing.then(() => use("readwrite", (store) => store.put(kept, key)));
}

export function forget(key: string) {
  writing = writing.then(() => use("readwrite", (store) => store.delete(key)));
}

export async function recall(key: string): Promise<Kept | undefined> {
  await writing;
  return use("readonly", (store) => store.get(key) as IDBRequest<Kept | undefined>);
}
