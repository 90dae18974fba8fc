/** The browser, and the few helpers that every other module stands on. */

/** @type {any} */
export const w = window;
/** @type {any} */
export const d = document;
/** @type {any} */
export const nav = navigator;
export const loc = location;
export const now = () => Date.now();
export const nothing = () => {};

/**
 * Nothing of ours may throw into the host page (A7.1): every listener, timer and wrapped function goes through here.
 * @param {(...args: any[]) => any} fn
 * @returns {(...args: any[]) => any}
 */
export const guard =
  (fn) =>
  (...args) => {
    try {
      return fn(...args);
    } catch {
      /* the page must never see our faults */
    }
  };

/**
 * Listens while the event goes down, so that pages which stop it on its way up are counted too.
 * @param {EventTarget} target
 * @param {string} types space-separated
 * @param {(event: any) => void} fn
 */
export const on = (target, types, fn) =>
  types.split(' ').map((type) => target.addEventListener(type, guard(fn), true));

/** @param {() => void} fn @param {number} [ms] */
export const later = (fn, ms) => setTimeout(guard(fn), ms);

/** A version 4 uuid. crypto.randomUUID is missing on plain http pages, getRandomValues is not. */
export const uuid = () => {
  const random = crypto.getRandomValues(new Uint8Array(36));
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, (_, i) => (random[i] % 16).toString(16));
};
