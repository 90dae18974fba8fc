/** What the tag says and what the page is at: one place, so that modules need not import each other in circles. */
import { d, loc, nav, nothing, uuid } from './env.js';

/** The options of the tag, read once. */
export const tag = { ...d.currentScript.dataset };
/** Beside the script itself, which is /t.js or a copy that never changes under /t/. */
export const api = tag.api || d.currentScript.src.replace(/\/t(\.js|\/)[^/]*$/, '/collect');

/** The address, with its hash only where that is the router's. */
export const here = () => loc.href.split(tag.hash == null ? '#' : '\n')[0];
/** Only another path is another page: routers replace the state for many reasons (A3.4). */
export const route = () => here().replace(/\?[^#]*/, '');

const mode = tag.mode || 'cookie';

export const S = {
  /** 'cookie' | 'cookieless' (A8.1) */
  _mode: mode,
  /** 'granted' | 'pending' | 'denied'; the last also where the site's policy says off */
  _consent: tag.consent || 'granted',
  /** May the browser keep anything? Not in cookieless mode (A8.5), and with GPC or DNT on not before the collector has
   * said what the site's policy is (A8.4). @type {any} */
  _store: mode == 'cookie' && !nav.globalPrivacyControl && nav.doNotTrack != 1,
  /** pagehide was seen: what we store may be taken over at once */
  _gone: 0,
  /** id of the pageview, its address (what events carry), and the part of it that makes a new page */
  _pid: uuid(),
  _url: here(),
  _route: '',
  /** emits the pageview that still waits for its title */
  _late: nothing,
  /** events given up since the collector last answered */
  _lost: 0,
};
