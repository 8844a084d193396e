// A recorded page as large as pages are: what a client sends of a shop's list of products, written as its own tokens.

const WORDS =
  'Schuhe Stiefel Winter rot blau schwarz Leder warm wasserdicht Herren Damen Kinder neu Angebot Größe Farbe Marke Material Sohle Versand'.split(
    ' ',
  );

/** Strings written before become references to where they stand. */
function tokenised(at: number, flat: readonly (string | number)[]): unknown[] {
  const tokens: unknown[] = [at, 5];
  const seen = new Map<string, number>();
  let references: number[] | null = null;
  for (const token of flat) {
    const before = typeof token === 'string' ? seen.get(token) : undefined;
    if (before !== undefined) {
      if (references === null) tokens.push((references = []));
      references.push(before);
      continue;
    }
    references = null;
    if (typeof token === 'string') seen.set(token, tokens.length);
    tokens.push(token);
  }
  return tokens;
}

/** Products of five nodes each below a head and a list, until there are so many nodes. */
function nodes(count: number): (string | number)[] {
  const flat: (string | number)[] = [
    1,
    '*D',
    'name=html',
    2,
    'HTML',
    'lang=de',
    3,
    2,
    'HEAD',
    '*B=https://shop.example/',
  ];
  flat.push(4, 3, 'LINK', 'rel=stylesheet', 'href=https://shop.example/static/main.8f3c2d1e9a7b.css');
  flat.push(5, 2, 3, 'BODY', 'class=page page--list', 6, 5, 'MAIN', 'class=grid');
  const word = (n: number): string => WORDS[n % WORDS.length] ?? '';
  let previous = 0;
  for (let id = 7; id + 6 < count; id += 7) {
    const text = `${word(id)} ${word(id * 7)}, ${word(id * 3)} ${word(id * 5)} ${id % 50}`;
    flat.push(
      id,
      6,
      ...(previous === 0 ? [] : [previous]),
      'ARTICLE',
      'class=card product-card is-available',
      `id=p-${id}`,
    );
    flat.push(
      id + 1,
      id,
      'A',
      `href=https://shop.example/schuhe/${word(id).toLowerCase()}-${id}?ref=list&pos=${id}`,
      'class=card__link',
    );
    flat.push(
      id + 2,
      id + 1,
      'IMG',
      `src=https://cdn.example/img/${id}/small.webp`,
      'width=240',
      'height=240',
      'class=card__image lazy',
    );
    flat.push(id + 3, id, id + 1, 'H3', 'class=card__title h5');
    flat.push(id + 4, id + 3, '*T', text);
    flat.push(
      id + 5,
      id,
      id + 3,
      'SPAN',
      'class=price price--old',
      'style=color: rgb(20, 20, 20); font-weight: 600;',
    );
    flat.push(id + 6, id + 5, '*T', `${id % 90},${id % 10}5 €`);
    previous = id;
  }
  return flat;
}

const mouse = (count: number): unknown[] =>
  Array.from({ length: count }, (_, n) => [
    200 + n * 20,
    12,
    7 + (n % 700),
    100 + n,
    300 + (n % 90),
    '',
    'true',
  ]);

/** The first upload of a visit to a page of so many nodes. */
export const recordedPage = (count: number, user = 'lrr4fn'): string =>
  JSON.stringify({
    e: ['0.8.70', 1, 0, 900, 'mustershop1', user, '2sfkfr', 1, 0, 0, 0, 'https://shop.example/schuhe?page=2'],
    a: [[50, 8, 1200, 9000], [50, 11, 1200, 900], ...mouse(60)],
    p: [tokenised(100, nodes(count))],
  });
