/** Makes an event of what was seen and hands it to the queue. */
import { guard, later, nothing, now, uuid } from './env.js';
import { json } from './json.js';
import { push } from './queue.js';
import { pump, soon } from './send.js';
import { S } from './state.js';

// A page that tracks in a loop gets 100 events in ten seconds (A1.23).
let tokens = 100;

/** @type {any} */
let hook = nothing;

/** @param {any} fn */
export const before = (fn) => {
  hook = fn;
};

/**
 * @param {string} type
 * @param {{name?: string, target?: string, ref?: string, title?: string, props?: any}} fields
 * @param {number} [at] when it happened, for what was called before this script came
 * @param {string} [url] where
 */
export const emit = (type, fields, at, url) => {
  if (S._consent == 'denied') return;
  S._late();
  if (!tokens) return S._lost++;
  tokens--;
  later(() => tokens++, 1e4);
  const fixed = { id: uuid(), at: at || now() };
  const event = { ...fixed, type, url: url || S._url, pid: S._pid, ...fields };
  let line = json(event);
  // A hook that throws, even half way, has changed nothing: the line is written already.
  const changed = guard(hook)(event);
  if (changed === null) return;
  if (changed?.type) line = json({ ...fixed, ...changed, ...fixed });
  push(line);
  type == 'page' ? pump() : soon();
};
