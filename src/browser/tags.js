// The page script: asks the gateway what this visitor permits, loads those tags and starts the recorder, and nothing else. It asks
// again when consent changes; what is unknown, for want of an answer, is a no.

(() => {
  const script = document.currentScript;
  if (!script?.src || window.sluis?.tags !== undefined) return;

  /** Where the gateway answers: beside this script. */
  const base = new URL('.', script.src);
  const { writeKey } = script.dataset;
  const ASK_MS = 10_000;

  /** Path, and the client-side route where the fragment holds one: queries and other fragments are nobody's business. */
  const placeOf = ({ origin, pathname, hash }) =>
    origin + pathname + (/^#!?\//.test(hash) ? hash.replace(/\?.*$/s, '') : '');

  async function ask() {
    const query = new URLSearchParams({ page: placeOf(location) });
    if (document.referrer !== '') query.set('referrer', placeOf(new URL(document.referrer)));
    if (writeKey !== undefined) query.set('writeKey', writeKey);
    const response = await fetch(new URL(`v1/tags?${query}`, base), {
      credentials: 'include',
      cache: 'no-store',
      signal: AbortSignal.timeout(ASK_MS),
    });
    if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
    const { tags, recordings, refused } = await response.json();
    if (![tags, recordings, refused].every(Array.isArray))
      throw new Error('this is no answer of the gateway');
    return { tags, recordings, refused };
  }

  /** Resolves to whether it loaded; a page can forbid even the element. */
  const load = (src) =>
    new Promise((resolve) => {
      const element = document.createElement('script');
      element.async = true;
      element.addEventListener('load', () => resolve(true));
      element.addEventListener('error', () => resolve(false));
      element.src = src;
      document.head.append(element);
    }).catch(() => false);

  // Tags. What has loaded cannot be unloaded: the page is told, and a reload takes it out.

  const loaded = new Set();

  function loadTags(tags) {
    for (const { name, src } of tags)
      if (!loaded.has(name)) {
        loaded.add(name);
        void load(src).then((done) => done || loaded.delete(name));
      }
  }

  // Cookies of the recorder. They can stand on every level of the domain.

  const labels = location.hostname.split('.');
  const domains = labels.map((_, from) => `; Domain=${labels.slice(from).join('.')}`);
  const USER = '_clck';
  const SESSION = '_clsk';
  /** As long as the library keeps them. */
  const KEPT_S = { [USER]: 365 * 86_400, [SESSION]: 86_400 };

  function expire(name) {
    for (const domain of ['', ...domains]) document.cookie = `${name}=; Max-Age=0; Path=/${domain}`;
  }

  function forget() {
    for (const name of [USER, SESSION]) expire(name);
    try {
      sessionStorage.removeItem('_cltk');
    } catch {
      // a page that may keep nothing kept nothing
    }
  }

  /** Decoded as often as the library does. */
  function decoded(text) {
    try {
      const plain = decodeURIComponent(text);
      return plain === text ? text : decoded(plain);
    } catch {
      return text;
    }
  }

  const valuesOf = (name) =>
    document.cookie
      .split('; ')
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => decoded(pair.slice(name.length + 1)));

  /** One cookie, on the widest domain that takes it: the library writes there, and reads the first of several. */
  function settle(name, value) {
    expire(name);
    const pair = `${name}=${encodeURIComponent(value)}`;
    for (const domain of [...domains.slice(0, -1).reverse(), '']) {
      document.cookie = `${pair}; Max-Age=${KEPT_S[name]}; Path=/${domain}`;
      if (document.cookie.split('; ').includes(pair)) return;
    }
  }

  /**
   * The fifth part of the session's cookie is an address that the library prefers to the one it is given: that of another page view, or
   * the vendor's, where Clarity ran without a gateway before. The session goes on without it.
   */
  function defuse() {
    const [user, ...users] = valuesOf(USER);
    if (users.length > 0) settle(USER, user);
    const [session] = valuesOf(SESSION);
    if (session === undefined) return;
    const parts = session.split(session.includes('^') ? '^' : '|');
    if (parts.length < 5) expire(SESSION);
    else settle(SESSION, [...parts.slice(0, 4), ''].join('^'));
  }

  // The recorder. While it is stopped, the library has no version and puts calls in a queue.

  /** `includeSubdomains` stays on: without it the library does not recognise the cookies that it writes itself. */
  const SAFE = {
    report: null,
    fallback: null,
    cookies: [],
    fraud: false,
    modules: [],
    diagnostics: false,
  };
  const SILENT = { ...SAFE, track: false, content: false, upload: null };

  let library = null;
  /** What is recorded now, or null. */
  let recording = null;
  let ended = false;
  const isActive = () => window.clarity?.v !== undefined;

  /** Resolves to whether it is there; another instance of it on the page is none of ours, and is left alone. */
  function loadLibrary() {
    if (library === null && isActive()) return Promise.resolve(false);
    library ??= load(new URL('clarity.js', base).href).then((done) => {
      if (!done) library = null;
      return done && typeof window.clarity === 'function';
    });
    return library;
  }

  function start(permitted) {
    const upload = new URL(permitted.upload.slice(1), base);
    // So that one page view stays with one gateway, where several stand behind a front.
    upload.searchParams.set('v', crypto.getRandomValues(new Uint32Array(1))[0].toString(36));
    if (isActive()) window.clarity('stop');
    if (ended && window.clarity.q !== undefined) window.clarity.q.length = 0; // called while it was not permitted
    defuse();
    window.clarity('start', {
      ...SAFE,
      projectId: permitted.project,
      upload: upload.origin === location.origin ? upload.pathname + upload.search : upload.href,
      track: true,
      content: permitted.text !== 'strict',
    });
    window.clarity('consentv2', { ad_Storage: 'granted', analytics_Storage: 'granted' });
    recording = permitted;
  }

  /**
   * Ends it, and leaves it nowhere to send to and no cookies to write: after a route change or a pause the library begins again by
   * itself, with the settings of its last start.
   */
  function stop() {
    if (recording === null) return;
    recording = null;
    ended = true;
    if (isActive()) window.clarity('stop');
    forget();
    window.clarity('start', SILENT);
    if (isActive()) window.clarity('stop');
    forget();
  }

  const isRecording = ({ project, text, upload }) =>
    isActive() && recording?.project === project && recording.text === text && recording.upload === upload;

  async function record(recordings, isCurrent) {
    const permitted = recordings.find(({ format }) => format === 'clarity');
    if (permitted === undefined) return stop();
    if (isRecording(permitted)) return;
    stop();
    if ((await loadLibrary()) && isCurrent()) start(permitted);
  }

  // Asking, at once and again; only the latest answer counts.

  let turn = 0;

  async function refresh() {
    const mine = ++turn;
    const answer = await ask().catch(() => null);
    const isCurrent = () => mine === turn;
    if (!isCurrent()) return;
    const { tags, recordings, refused } = answer ?? { tags: [], recordings: [], refused: [] };
    loadTags(tags);
    await record(recordings, isCurrent);
    if (!isCurrent()) return;
    if (refused.includes('clarity')) forget();
    const detail = {
      answered: answer !== null,
      loaded: [...loaded],
      withdrawn: answer === null ? [] : [...loaded].filter((name) => !tags.some((tag) => tag.name === name)),
      recording: recording !== null,
    };
    document.dispatchEvent(new CustomEvent('sluis:tags', { detail }));
  }

  window.sluis = { ...window.sluis, tags: { refresh } };
  document.addEventListener('sluis:consent', () => void refresh());
  // A page that comes back from the browser's cache may have been left before consent changed.
  window.addEventListener('pageshow', (event) => event.persisted && void refresh());
  void refresh();
})();
