/** Makes an event of what was seen and hands it to the queue. */
import { guard, now, uuid } from './env.js';
import { json } from './json.js';
import { push } from './queue.js';
import { pump, soon } from './send.js';
import { S } from './state.js';

// A page that tracks in a loop gets 100 events at once and 10 a second (A1.23).
let tokens = 100;
let filled = 0;

/** @type {any} */
let hook;

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
  const clock = performance.now();
  tokens = Math.min(100, tokens + (clock - filled) / 100);
  filled = clock;
  if (tokens < 1) return S._lost++;
  tokens--;
  const fixed = { id: uuid(), at: at || now() };
  let line = json({ ...fixed, type, url: url || S._url, pid: S._pid, ...fields });
  // It gets a copy, so one that throws half way has changed nothing.
  const changed = hook && guard(hook)(JSON.parse(line));
  if (changed === null) return;
  if (changed?.type) line = json({ ...fixed, ...changed, ...fixed });
  push(line);
  type == 'page' ? pump() : soon();
};
