// What detection reports: a kind and a range of the text, never the text itself. Ranges that overlap become one, so that no
// half of an identifier is left standing.

export interface Finding {
  /** `email`, `phone`, `card`, …, `<system>.<kind>`, `hex_id`, `uuid`, `token` or `carried`. */
  readonly kind: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export const NOTHING: readonly Finding[] = Object.freeze([]);

/** The kinds that say least, vaguest last; of two findings at one place the other is told. */
const VAGUE: readonly string[] = ['uuid', 'hex_id', 'token'];
const vagueness = (kind: string): number => VAGUE.indexOf(kind) + 1;

/** Does a finding say no more than that something is random? */
export const isVague = ({ kind }: Finding): boolean => VAGUE.includes(kind);

/** Sorts by place and joins what overlaps; the most telling kind names the whole. */
export function merge(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length === 0) return NOTHING;
  if (findings.length === 1) return findings;
  const sorted = [...findings].sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Finding[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last === undefined || next.start >= last.end) {
      merged.push(next);
      continue;
    }
    const kind = tells(next, last) ? next.kind : last.kind;
    merged[merged.length - 1] = { kind, start: last.start, end: Math.max(last.end, next.end) };
  }
  return merged;
}

function tells(next: Finding, last: Finding): boolean {
  if (vagueness(last.kind) > 0) return vagueness(next.kind) < vagueness(last.kind);
  return last.kind === 'carried' && vagueness(next.kind) === 0;
}

/** The text with every finding replaced by `:kind`. */
export function redact(text: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return text;
  let clean = '';
  let from = 0;
  for (const { kind, start, end } of findings) {
    clean += `${text.slice(from, start)}:${kind}`;
    from = end;
  }
  return clean + text.slice(from);
}
