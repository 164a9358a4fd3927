// Figures as people read them. Units are binary; what is not known is an en dash.

const units = ['B', 'KiB', 'MiB', 'GiB'];

export const unknown = '–';

/** Three significant digits and a unit: `12.4 MiB`. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return unknown;
  let size = Math.abs(value);
  let unit = 0;
  while (size >= 999.5 && unit + 1 < units.length) {
    size /= 1024;
    ++unit;
  }
  const digits = unit === 0 ? 0 : size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${value < 0 ? '−' : ''}${size.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** As bytes(), and always with a sign: of a difference. */
export function byteChange(value: number): string {
  return value > 0 ? `+${bytes(value)}` : bytes(value);
}

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? unknown : counts.format(value);
}

export function blocks(value: number): string {
  return `${count(value)} block${value === 1 ? '' : 's'}`;
}

/** Of a ratio, 0–1. */
export function percent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || Number.isNaN(ratio)) return unknown;
  const value = ratio * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0)} %`;
}

export function duration(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function clockTime(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The innermost frames of a stack that have a name, where there are such. */
export function site(stack: readonly string[]): string {
  const named = stack.filter((name) => !/^wasm-function\[/.test(name));
  const shown = (named.length > 0 ? named : stack).slice(0, 4);
  return shown.join(' ← ') || '(unknown site)';
}

/** Sites of the same shown frames as one: they differ in what called those. Those of most bytes first. */
export function sites(
  given: readonly { stack: readonly string[]; bytes: number; blocks: number }[],
): { text: string; bytes: number; blocks: number }[] {
  const sums = new Map<string, { text: string; bytes: number; blocks: number }>();
  for (const { stack, bytes: ofThem, blocks: count } of given) {
    const text = site(stack);
    const sum = sums.get(text) ?? { text, bytes: 0, blocks: 0 };
    sums.set(text, { text, bytes: sum.bytes + ofThem, blocks: sum.blocks + count });
  }
  return [...sums.values()].sort((a, b) => b.bytes - a.bytes);
}

export function address(value: number): string {
  const digits = value.toString(16).toUpperCase().padStart(8, '0');
  return `0x${digits.slice(0, 4)} ${digits.slice(4)}`;
}
