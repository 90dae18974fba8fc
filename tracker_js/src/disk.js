/** localStorage, where it may be used at all. Every access can throw, even reading the property (A1.14). */
import { guard } from './env.js';
import { S, tag } from './state.js';

const PREFIX = 'desireline:' + tag.site + ':';
/** Holds a hash of who was identified last. Its presence says that an identity cookie may exist. */
export const USER = PREFIX + 'u';
export const QUEUE = PREFIX + 'q';

export const allowed = () => S._consent == 'granted' && S._store;

/** @type {(key: string) => any} */
export const get = guard((key) => allowed() && localStorage[key]);

/** A full or denied disk costs persistence only: the events stay in memory. */
export const set = guard((key, value) => allowed() && (localStorage[key] = value));

/** @type {(key: string) => any} */
export const erase = guard((key) => delete localStorage[key]);

const list = guard((prefix) => Object.keys(localStorage).filter((key) => !key.indexOf(prefix)));

/** @type {(prefix: string) => string[]} */
export const keys = (prefix) => list(prefix) || [];

/** Withdrawal, or a policy that forbids: nothing is left in the browser. @returns {any} whether something was */
export const wipe = () => keys(PREFIX).filter(erase)[0];
