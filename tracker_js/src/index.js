/** The tracker: what the page may call, and the order in which everything starts. */
import { d, guard, now, on, w } from './env.js';
import { before, emit } from './emit.js';
import { USER, get, set, wipe } from './disk.js';
import { adopt, clear, cut, save } from './queue.js';
import { pump, whoIs } from './send.js';
import { begin, page } from './page.js';
import { S } from './state.js';

/** @type {string | null | undefined} */
let user;

/** Remembers who it is by a hash: enough to see that it is another one. @param {string} id */
const remember = (id) => {
  const last = user || get(USER);
  user = id && '' + [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 1e9, 7);
  // What follows is another person's: the collector replaces the cookie that it alone can reach (B18, B19).
  if (!id || (last && last != user)) cut('rotate');
  set(USER, user);
};

/** @type {Record<string, (a: any, b: any, at: number, url: string) => any>} */
const calls = {
  track: (name, props, at, url) => name && emit('event', { name: '' + name, props }, at, url),
  identify: (id, traits, at, url) => {
    if (id == null || !(id = ('' + id).trim())) return;
    S._late();
    remember(id);
    emit('identify', { name: id, props: traits }, at, url);
  },
  reset: () => {
    S._late();
    remember('');
    save();
    pump();
  },
  consent: (state, _, at, url) => {
    const was = S._consent;
    const tell = () => emit('consent', { name: state }, at, url);
    if (state == was) return;
    // not granted: nothing is stored while this goes on
    S._consent = 'pending';
    if (state == 'granted') {
      S._consent = state;
      if (was == 'denied') cut();
      adopt();
      if (get(USER) == null) tell();
    } else {
      clear();
      user = '';
      // Where nothing was ever kept there is nothing to take back, and nothing to send.
      if (wipe() || was == 'granted') {
        cut('forget');
        tell();
      }
      S._consent = 'denied';
    }
    pump();
  },
  page: () => page(S._url),
  before,
  visitor: whoIs,
};

const run = guard((args, at, url) => calls[args[0]](args[1], args[2], at, url));

const start = () => {
  /** @type {any[]} */
  const early = w.desireline?.q || [];
  w.desireline = (...args) => run(args);
  w.desireline.v = 1;
  const decides = (entry) => /^(consent|before)$/.test(entry[0][0]);
  adopt();
  // what decides over the rest goes first, then the calls in their order (A7.8)
  early.sort((a, b) => decides(b) - decides(a)).map((entry) => run(...entry));
  // the page was there before anything was called on it
  begin(Math.min(now(), ...early.map((entry) => entry[1] - 1)));
};

if (w.desireline?.v || guard(() => localStorage.desireline_ignore)() == 'true') S._consent = 'denied';
// A prerendered page begins when it is shown (A2.1).
else if (d.prerendering) on(d, 'prerenderingchange', start);
else start();
