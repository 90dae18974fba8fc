/** Delivery (A1): one request at a time, an event leaves the queue when the collector has said what became of it. */
import { guard, later, nav, nothing, now } from './env.js';
import { json } from './json.js';
import { USER, get, set, wipe } from './disk.js';
import { adopt, idle, parts, save } from './queue.js';
import { S, api, tag } from './state.js';

/** lines at the head of the queue that are in requests not answered yet */
let active = 0;
/** events in a request */
let most = 500;
let tries = 0;
/** timer of a pause: nothing is sent around it (A1.10) */
let pause = 0;
let timer = 0;

/** @type {string} */
let visitor;
/** @type {((id: string) => void)[]} */
const asked = [];

/** @param {(id: string) => void} callback */
export const whoIs = (callback) => (visitor ? callback(visitor) : asked.push(callback));

/** Reasons the browser itself gives to count it as a robot (F2, F4). */
const bot = [
  nav.webdriver && 'webdriver',
  /headless/i.test(JSON.stringify(nav.userAgentData)) && 'headless_brand',
].filter((sign) => sign);

/** What the answer says beside the events: the visitor, and the mode that the site's policy led to. */
const heed = ({ mode, visitor: id }) => {
  visitor = id;
  asked.splice(0).map((callback) => guard(callback)(id));
  if (mode == 'cookie') {
    if (!S._store) {
      S._store = 1;
      adopt();
    }
    if (get(USER) == null) set(USER, '');
  } else if (mode && mode != S._mode) {
    S._store = 0;
    S._mode = mode;
    wipe();
    if (mode == 'off') S._consent = 'denied';
  }
};

/** In company, a second from now. */
export const soon = () => {
  timer = timer || later(pump, 1e3);
};

/** Ends a pause: it is over, or the network is back (A1.22). */
export const retry = () => {
  clearTimeout(pause);
  pause = 0;
  pump();
};

/** @param {any} [hiding] the page may not come back: send what is left beside a request that still runs */
export const pump = (hiding) => {
  clearTimeout(timer);
  timer = 0;
  while (parts[1] && idle(parts[0])) parts.shift();
  const part = parts[0];
  if (!part || pause || !nav.onLine || (active && !hiding)) return;
  if (S._consent != 'granted' && part._kind != 'forget') return;
  /** @type {string[]} */
  const lines = [];
  let size = 0;
  // Browsers let keepalive requests have 64 KiB in flight, shared with everybody on the page (A1.1, A1.2). A character
  // is at most three bytes, so 20,000 always fit.
  part._lines
    .slice(active)
    .every((line) => (((size += line.length) < 2e4 && lines.length < most) || !lines[0]) && lines.push(line));
  if (!lines[0] && (active || idle(part))) return;

  save();
  const count = lines.length || 1;
  active += count;
  const lost = S._lost;
  const body =
    json({
      v: 1,
      key: tag.site,
      sent_at: now(),
      boot: part._boot,
      mode: S._mode,
      [part._kind || 'v']: part._kind ? true : 1,
      bot,
      dropped: lost || undefined,
    }).slice(0, -1) + `,"events":[${lines}]}`;

  const done = guard((status, answer, after) => {
    let again = 0;
    active -= count;
    const results = answer?.results;
    if (status == 413 && lines[1]) most = lines.length >> 1;
    else if (results || /^4(?!08|29)/.test(status)) {
      part._kind = '';
      part._lines = part._lines.filter((line) => {
        if (!lines.includes(line)) return 1;
        const fate = results ? results[line.slice(7, 43)] : 'refused';
        if (/^ref/.test(fate)) S._lost++;
        return (!fate || fate == 'retry') && (again = 1);
      });
      if (results) {
        most = 500;
        S._lost -= lost;
        heed(answer);
      }
    } else again = 1;

    if (again) {
      pause = later(retry, Math.min(+after || 2 ** tries++, 600) * 1e3 * (1 + Math.random()));
    } else {
      tries = 0;
      pump();
    }
    save();
  });

  try {
    fetch(api, {
      method: 'POST',
      body,
      credentials: S._mode == 'cookie' ? 'include' : 'omit',
      // A first try that failed may have met the full keepalive quota; the next one goes without.
      keepalive: body.length < 21e3 && (hiding || tries % 2 < 1),
      signal: AbortSignal.timeout?.(3e4),
    }).then(
      async (reply) => done(reply.status, await reply.json().catch(nothing), reply.headers.get('Retry-After')),
      done
    );
  } catch {
    // A page script may have replaced fetch by one that throws (A1.21). Whether a beacon arrived is unknown, so the
    // lines stay and are sent again; the collector knows their ids.
    guard(() => nav.sendBeacon(api, body))();
    done();
  }
};
