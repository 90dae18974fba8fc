/**
 * Events on their way. A queue is a list of parts; a part holds what belongs to one identity, so that no request mixes
 * events from before and after a change of it (A8.6, B18). Events are kept as the JSON lines they are sent as:
 * id first, time second, so that both can be read back without parsing.
 */
import { now, uuid } from './env.js';
import { QUEUE, allowed, erase, get, keys, set } from './disk.js';
import { S } from './state.js';

/**
 * _kind is '', or the order that goes with its first request: 'rotate' or 'forget'.
 * @typedef {{_boot: string, _kind: string, _lines: string[]}} Part
 */

/** @type {Part[]} */
export let parts = [];

const own = QUEUE + uuid();

/** Begins a part: what was before is not mixed with what follows. */
export const cut = (kind = '') => parts.push({ _boot: uuid(), _kind: kind, _lines: [] });

export const clear = () => {
  parts = [];
};

/** @param {Part} part */
export const idle = (part) => !part._lines[0] && !part._kind;

/** @param {string} line */
export const push = (line) => {
  if (!parts[0]) cut();
  parts[parts.length - 1]._lines.push(line);
  // Below the bounds of A1.13, 256 KB and 1,000 events: none is shorter than 190 characters as it is counted here.
  while (JSON.stringify(parts).length > 19e4) {
    parts.find((part) => part._lines.shift());
    S._lost++;
  }
  save();
};

/** One key a tab, so that tabs never write over each other (A1.15). The first line says how fresh it is. */
export const save = () => {
  if (parts.every(idle)) erase(own);
  else set(own, [S._gone || now(), ...parts.map((part) => [part._boot + part._kind, ...part._lines].join('\n'))].join('\n'));
};

/** Takes over what tabs that are gone have left. Two takers are harmless: the collector knows the ids. */
export const adopt = () => {
  if (!allowed()) return;
  /** @type {Part[]} */
  const found = [];
  const taken = keys(QUEUE).filter((key) => {
    const [time, ...lines] = get(key).split('\n');
    // a tab that lives writes again within five minutes, one that left said so
    if (key == own || Math.abs(now() - time) < 3e5) return;
    lines.map((line) => {
      if (line[0] != '{') found.push({ _boot: line.slice(0, 36), _kind: line.slice(36), _lines: [] });
      // a week is the longest that an event waits
      else if (parseInt(line.slice(50)) > now() - 6048e5) found[found.length - 1]._lines.push(line);
    });
    return 1;
  });
  parts = found.concat(parts);
  save();
  taken.map(erase);
};
