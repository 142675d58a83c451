/** Times, lengths and numbers, as people read them. */

const COUNT = new Intl.NumberFormat('en-US');

export const count = (n: number) => COUNT.format(n);

/** `1 step`, `2 steps`. */
export const some = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** Milliseconds of an RFC 3339 instant; fractions beyond them are cut, which not every engine does by itself. */
export const millis = (at: string) => Date.parse(at.replace(/(\.\d{3})\d+/, '$1'));

const iso = (at: string | number) => {
  const date = new Date(typeof at === 'number' ? at : millis(at));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};

/** `2026-11-24 03:14:07 UTC`; the text itself when it is no time. */
export function moment(at: string | number): string {
  const text = iso(at);
  return text ? `${text.slice(0, 10)} ${text.slice(11, 19)} UTC` : String(at);
}

/** `03:14:07`, in UTC. */
export const clock = (at: string | number) => iso(at)?.slice(11, 19) ?? String(at);

/** `2026-11-24`, in UTC. */
export const day = (at: string | number) => iso(at)?.slice(0, 10) ?? String(at);

const two = (n: number) => String(n).padStart(2, '0');

/** `22:14:07 local`, with the day where it differs from UTC's. */
export function local(at: string | number): string {
  const date = new Date(typeof at === 'number' ? at : millis(at));
  if (Number.isNaN(date.getTime())) return '';
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const here = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return here === day(date.getTime()) ? `${time} local` : `${here} ${time} local`;
}

/** `22:14:07 local`, for where the day doesn't matter. */
export const localClock = (at: string | number) => local(at).slice(-14);

/** `00:42:10`; more than 99 hours are written out. */
export function hms(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** `40 s`, `4 min`, `1 h 10 min`, `24 h`, `3 days`. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 72 && hours % 24 === 0) return `${hours / 24} days`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** The two largest units of a length, to the second below an hour: `52 min 10 s`, `3 h 12 min`, `6 days 4 h`. */
export function length(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), whole >= 2 * 86400 ? 'days' : 'day'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(' ');
}

/** `1.9 GB`; powers of 1,000, as Rust writes them. */
export function bytes(n: number): string {
  if (n < 1000) return some(n, 'byte');
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(Math.floor(Math.log10(n) / 3), units.length);
  return `${(Math.floor((n / 1000 ** power) * 10) / 10).toFixed(1)} ${units[power - 1]}`;
}

/** `9f3a…c210`. */
export const digest = (hex: string) => (hex.length > 12 ? `${hex.slice(0, 4)}…${hex.slice(-4)}` : hex);

/** Seconds from one instant to another. */
export const between = (from: string, to: string | number) =>
  ((typeof to === 'number' ? to : millis(to)) - millis(from)) / 1000;

/**
 * The RFC 3339 instant that a person means: `2026-11-24 03:14`, `2026-11-24T03:14:00Z`, with or without seconds;
 * UTC where they give no offset. `null` when it is no time.
 */
export function instant(text: string): string | null {
  const parts =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d+)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i.exec(text.trim());
  if (!parts) return null;
  const [, date, minute, second = ':00', fraction = '', zone = 'Z'] = parts;
  const offset = /^(z|utc)$/i.test(zone) ? 'Z' : zone.replace(/^(...)(\d\d)$/, '$1:$2');
  const written = `${date}T${minute}${second}${fraction}${offset}`;
  return Number.isNaN(millis(written)) ? null : written;
}

/** An instant as people type it into a field: `2026-11-24 03:14:07`. */
export const typed = (at: string | number) => moment(at).replace(' UTC', '');

/** With a capital letter. */
export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
