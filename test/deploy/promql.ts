// Reads a PromQL expression as far as names go: which series it selects by which labels, and which labels it groups by. It is no
// parser of the language; that an expression is one is for promtool to say.

export interface Matcher {
  readonly label: string;
  readonly op: string;
  readonly value: string;
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Expression {
  readonly selectors: readonly Selector[];
  /** Labels named after `by`, `on`, `ignoring` and their like. */
  readonly grouped: readonly string[];
  /** Those of them after `without`: what the expression yields does not have them. */
  readonly dropped: readonly string[];
  readonly calls: readonly string[];
}

const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_:][\w:]*|\$\w+|\d[\w.]*|=~|!~|!=|==|<=|>=|\S/g;
const NAME = /^[A-Za-z_:]/;
const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const WORDS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'inf', 'nan']);
const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** Throws where a bracket has no partner. */
function checkBrackets(tokens: readonly string[]): void {
  const open: string[] = [];
  for (const token of tokens) {
    if ('([{'.includes(token)) open.push(token);
    const partner = CLOSES[token];
    if (partner !== undefined && open.pop() !== partner) throw new SyntaxError(`\`${token}\` closes nothing`);
  }
  if (open.length > 0) throw new SyntaxError(`\`${open.join('')}\` stays open`);
}

/** Tokens between the bracket at `from` and its partner; none of ours nest within the same kind. */
const within = (tokens: readonly string[], from: number, close: string): readonly string[] =>
  tokens.slice(from + 1, tokens.indexOf(close, from));

function matchersOf(tokens: readonly string[]): readonly Matcher[] {
  const found: Matcher[] = [];
  for (let at = 0; at < tokens.length; at += 4) {
    const [label, op, value, comma = ','] = tokens.slice(at, at + 4);
    if (label === undefined || op === undefined || value === undefined || comma !== ',')
      throw new SyntaxError(`not a list of labels: ${tokens.join(' ')}`);
    found.push({ label, op, value: value.slice(1, -1) });
  }
  return found;
}

export function readExpression(text: string): Expression {
  const tokens: readonly string[] = text.match(TOKEN) ?? [];
  checkBrackets(tokens);
  const read = { selectors: [], grouped: [], dropped: [], calls: [] } as {
    selectors: Selector[];
    grouped: string[];
    dropped: string[];
    calls: string[];
  }; // empty lists have no type of their own
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? '';
    const next = tokens[at + 1];
    if (!NAME.test(token) || WORDS.has(token)) continue;
    if (GROUPING.has(token)) {
      const labels = next === '(' ? within(tokens, at + 1, ')') : [];
      const named = labels.filter((each) => each !== ',');
      read.grouped.push(...named);
      if (token === 'without') read.dropped.push(...named);
      if (next === '(') at += labels.length + 2;
    } else if (next === '(' || GROUPING.has(next ?? '')) read.calls.push(token);
    else {
      const inside = next === '{' ? within(tokens, at + 1, '}') : [];
      read.selectors.push({ metric: token, matchers: matchersOf(inside) });
      if (next === '{') at += inside.length + 2;
    }
  }
  return read;
}
