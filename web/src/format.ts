/** How durations, ages and points in time read, everywhere the same. */

/** `42s`, `1m 05s`, `2h 04m`. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  if (total < 60) return `${total}s`;
  const [minutes, seconds] = [Math.floor(total / 60), total % 60];
  if (minutes < 60) return `${minutes}m ${pad(seconds)}s`;
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`;
}

/** As `duration`, but keeps fractions of a second apart where a run is that short: `0.9s`. */
export function exactDuration(ms: number): string {
  if (ms < 50) return "<0.1s";
  return ms < 10_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)}s` : duration(ms);
}

/** A place on a time axis: `0:42`, `1:05`, `2:04:00`. */
export function clock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${minutes}:${pad(seconds)}`;
}

/** As `clock`, with tenths within the first minute: `0:01.3`. */
export function exactClock(ms: number): string {
  if (ms >= 60_000) return clock(ms);
  const tenths = Math.max(0, Math.floor(ms / 100));
  return `0:${pad(Math.floor(tenths / 10))}.${tenths % 10}`;
}

/** `3m ago` for the last day, else the date. */
export function age(at: string, now: number): string {
  const ms = now - Date.parse(at);
  if (ms < 45_000) return "just now";
  if (ms < 3_600_000) return `${Math.max(1, Math.round(ms / 60_000))}m ago`;
  if (ms < 86_400_000) return `${Math.round(ms / 3_600_000)}h ago`;
  return dates.format(Date.parse(at));
}

/** The full date, time and zone, and the same in UTC. */
export function fullTime(at: string): string {
  const time = Date.parse(at);
  return `${full.format(time)} (${new Date(time).toISOString()})`;
}

/** `14:03:22` in the viewer's zone. */
export function timeOfDay(ms: number): string {
  return times.format(ms);
}

const dates = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const full = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "long" });
const times = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

function pad(n: number): string {
  return String(n).padStart(2, "0");
}
