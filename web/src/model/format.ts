// Times, durations and amounts as short text of an even width.

const two = (number: number) => String(number).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// The clock for today, the day before it otherwise, the year too where it is another one.
export function formatTime(iso: string, now: number): string {
  const at = new Date(iso);
  const today = new Date(now);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === today.toDateString()) return `${clock}:${two(at.getSeconds())}`;
  const day = `${at.getDate()} ${MONTHS[at.getMonth()]}`;
  return at.getFullYear() === today.getFullYear()
    ? `${day} ${clock}`
    : `${day} ${at.getFullYear()}`;
}

// Everything about a moment, for titles.
export function formatMoment(iso: string): string {
  const at = new Date(iso);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const millis = String(at.getMilliseconds()).padStart(3, '0');
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`;
}

// '0.4 s', '12 s', '3:07', '1:02:45', '3 d 04 h'.
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}:${two(minutes % 60)}:${two(whole % 60)}`;
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

// The same of something not known to the second: '40 s', '3 min', '2 h 10 min', '3 d'.
export function formatRough(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 55) return `${Math.round(seconds / 5) * 5} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60)
    return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
  return `${Math.round(minutes / 1440)} d`;
}

// '5–8 min' rather than '5 min–8 min'.
export function formatRange(low: number, high: number): string {
  const from = formatRough(low);
  const to = formatRough(high);
  if (from === to) return from;
  const [unit] = to.match(/ (s|min|d)$/) ?? [];
  return unit && from.endsWith(unit) && from.split(' ').length === 2 && to.split(' ').length === 2
    ? `${from.slice(0, -unit.length)}–${to}`
    : `${from} – ${to}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

// Code points, as the server counts the length of a text.
export const codePoints = (text: string) => [...text].length;
