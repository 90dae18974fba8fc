/** Pageviews, engaged time and scroll depth. */
import { d, guard, later, nothing, now, on, uuid, w } from './env.js';
import { emit } from './emit.js';
import { abandon } from './form.js';
import { save } from './queue.js';
import { pump, retry } from './send.js';
import { S, here, route } from './state.js';

let engaged = 0;
/** when the running stretch of attention began; 0 while nobody looks */
let since = 0;
let deepest = 0;
let reported = 0;

/** Attention counts while the page is seen and has the focus (A6.1), on a clock that never jumps. */
const look = () => {
  const clock = performance.now();
  if (since) engaged += clock - since;
  since = !d.hidden && d.hasFocus() ? clock : 0;
  deepest = Math.max(deepest, w.scrollY + w.innerHeight);
};

/** Deltas: a lost last one costs seconds, not the total (A6.3). */
const engagement = () => {
  look();
  const scroll = Math.min(100, Math.round((deepest / d.documentElement.scrollHeight) * 100));
  if (!S._route || (engaged < 3e3 && scroll <= reported)) return;
  emit('engagement', { props: { ms: Math.round(engaged), scroll } });
  reported = scroll;
  engaged = 0;
};

/**
 * @param {string} [ref] the page before; none after a return from the back-forward cache
 * @param {number} [at]
 */
export const page = (ref, at) => {
  S._late();
  engagement();
  abandon();
  const first = !S._route;
  if (!first) S._pid = uuid();
  S._url = here();
  S._route = route();
  engaged = deepest = 0;
  reported = -1;
  at = at || now();
  S._late = () => {
    S._late = nothing;
    emit('page', { ref, title: d.title }, at);
  };
  // Frameworks set the title after the address (A3.6). Any other event, and leaving, ends the wait.
  first ? S._late() : later(() => S._late(), 300);
};

const moved = guard(() => S._route && S._route != route() && page(S._url));

const leave = () => {
  engagement();
  S._late();
  save();
  pump(1);
};

/** @param {number} at when the page began */
export const begin = (at) => {
  // A tab opened in the background is a pageview when somebody looks at it (A2.1).
  const seen = (when) => d.hidden || S._route || page(d.referrer, when);
  seen(at);

  ['pushState', 'replaceState'].map((name) => {
    const original = history[name];
    history[name] = function () {
      const result = original.apply(this, arguments);
      moved();
      return result;
    };
  });
  on(w, 'popstate hashchange', moved);
  on(w, 'scroll focus blur', look);
  on(w, 'online', retry);
  on(d, 'visibilitychange', () => (d.hidden ? leave() : (look(), seen())));
  on(w, 'pagehide', () => {
    S._gone = 1;
    abandon();
    leave();
  });
  on(w, 'pageshow', (event) => {
    S._gone = 0;
    if (event.persisted) page();
  });
};
