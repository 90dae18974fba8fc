/**
 * Whom chance is asked about: this browser, by an id of its own. The visitor's cookie cannot be read by scripts, so the id
 * is another one, kept in localStorage among the tracker's keys (which the tracker deletes when consent is withdrawn or
 * the site's policy forbids) and in a cookie that the site's own server can read. It is nothing but chance, and no event
 * carries it.
 */
import { d, guard, loc, nav, now } from '../src/env.js';

/** @type {any} */
const { site, domain, consent, mode } = d.currentScript.dataset;
const PREFIX = 'desireline:' + site + ':';
const UNIT = PREFIX + 'x';
/** Thirteen months from the first, never renewed (E5, E12). */
const LIFE = 34128e3;

export const S = { _consent: consent || 'granted' };

const read = guard((key) => localStorage[key]);
const write = guard((key, value) => (localStorage[key] = value));

/** @param {string} value @param {number} age in seconds */
const bake = guard((value, age) => {
  d.cookie =
    `dl_unit=${value};path=/;max-age=${age};samesite=lax` +
    (domain ? ';domain=' + domain : '') +
    (loc.protocol == 'https:' ? ';secure' : '');
});

/**
 * Whether anything may be kept: 1, not (0), or nobody has said yet (undefined). The tracker's key `u` says that the
 * collector set a cookie, so that consent and the site's policy allow it.
 */
const allowed = () => {
  if (S._consent == 'denied' || (mode && mode != 'cookie') || read('desireline_ignore') == 'true') return 0;
  if (read(PREFIX + 'u') != null) return 1;
  if (nav.globalPrivacyControl || nav.doNotTrack == 1) return 0;
  return S._consent == 'granted' ? 1 : undefined;
};

/** Nothing is left in the browser where nothing may be. */
export const tidy = guard(() => {
  if (allowed() !== 0) return;
  bake('', 0);
  Object.keys(localStorage).forEach((key) => !key.indexOf(UNIT) && delete localStorage[key]);
});

/** The browser's id, made where there is none; nothing where none may be kept. @returns {string | undefined} */
export const unit = () => {
  tidy();
  if (!allowed()) return;
  const second = Math.floor(now() / 1e3);
  // the cookie first: the site's server may have made it, and it may hold for all subdomains
  let id = (/\bdl_unit=(\w+\.\w+)/.exec(d.cookie) || [])[1] || read(UNIT) || '';
  // its first half says when it was made
  if (!(second - parseInt(id, 36) < LIFE))
    id = second.toString(36) + '.' + crypto.getRandomValues(new Uint32Array(4)).join('');
  if (!d.cookie.includes(id)) bake(id, LIFE - second + parseInt(id, 36));
  write(UNIT, id);
  // A browser that keeps nothing would be somebody else on the next page.
  if (read(UNIT) == id || d.cookie.includes(id)) return id;
};

/** What was said on this page, where nothing may be kept. */
const said = {};
/** Whether this was said within the last half hour, as sessions are cut; says it. @param {string} what */
export const repeated = (what) => {
  const key = UNIT + ':' + what;
  const before = allowed() ? read(key) : said[key];
  said[key] = now();
  if (allowed()) write(key, now());
  return now() - before < 18e5;
};
