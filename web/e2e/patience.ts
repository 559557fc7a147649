/** How long a test waits for anything before it fails: what the slowest machine under load needs, not what is usual. */
export const PATIENCE_MS = 60_000;
