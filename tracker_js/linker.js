/**
 * The optional script for sites on several hosts: who follows a link to another of them goes on as the same visitor.
 * While a pointer or the focus is on such a link it asks the collector for a token, and puts it into the address at the
 * click. On the other host it takes the token out of the address bar and hands it to the tracker, whose tag comes later
 * in the page (deferred scripts run in order). It never stops, delays or repeats a click (A4.10); a token that comes too
 * late is none. Which hosts are the site's, the collector says.
 */
import { attr, trail } from './src/dom.js';
import { d, guard, later, loc, now, on } from './src/env.js';

/** @type {any} */
const own = d.currentScript;
const site = own.dataset.site;
const api = own.dataset.api || own.src.replace(/\/(linker\.js|t\/)[^/]*$/, '/link');

/** Where no visitor is known yet, or this browser is not counted, there is nothing to ask for. */
const known = guard(
  () => localStorage.desireline_ignore != 'true' && localStorage['desireline:' + site + ':u'] != null
);

/** The site's origins as the collector lists them. @type {string[] | undefined} */
let hosts;
/** By origin: the token, and when it was asked for. @type {Record<string, {at: number, token?: string}>} */
const tokens = {};

/** @param {string} origin */
const ours = (origin) =>
  hosts?.some((listed) => {
    const [scheme, rest] = listed.split('*');
    return rest ? !origin.indexOf(scheme) && origin.endsWith(rest) : origin == listed;
  });

/** The link that an event is on, with its address, where it leads to another host of the site, as far as is known. */
const found = (event) => {
  const link = trail(event).find((el) => /^(a|area)$/i.test(el.localName) && el.hasAttribute('href'));
  const url = link && new URL(attr(link, 'href'), d.baseURI);
  return url && /^http/.test(url.protocol) && url.host != loc.host && (!hosts || ours(url.origin)) && { link, url };
};

on(d, 'pointerover focusin touchstart mousedown', (event) => {
  const target = found(event);
  if (!target || !known()) return;
  const { origin } = target.url;
  // a token lives two minutes
  if (now() - (tokens[origin] || { at: 0 }).at < 9e4) return;
  const asked = (tokens[origin] = { at: now() });
  const forget = () => delete tokens[origin];
  fetch(api, {
    method: 'POST',
    body: `{"key":${JSON.stringify(site)},"to":${JSON.stringify(origin)}}`,
    credentials: 'include',
  })
    .then(async (reply) => {
      const answer = await reply.json();
      hosts = answer.hosts || hosts;
      if (answer.token) asked.token = answer.token;
      else forget();
    })
    .catch(forget);
});

on(d, 'click auxclick', (event) => {
  const target = found(event);
  if (!target || event.button > 1) return;
  const { link, url } = target;
  const { at, token } = tokens[url.origin] || {};
  if (!token || now() - at > 11e4) return;
  delete tokens[url.origin];
  const before = attr(link, 'href');
  url.search += (url.search ? '&' : '?') + '_dl=' + token;
  link.setAttribute('href', url.href);
  // The browser has read the address by then; the page gets its own back.
  later(() => attr(link, 'href') == url.href && link.setAttribute('href', before));
});

const arrived = guard(() => {
  const token = /[?&]_dl=([^&#]*)/.exec(loc.search);
  if (!token) return;
  history.replaceState(
    history.state,
    '',
    loc.href.replace(/([?&])_dl=[^&#]*(&?)/, (_, sign, more) => (more ? sign : ''))
  );
  d.querySelectorAll('script[data-site]').forEach((/** @type {any} */ tag) => {
    if (tag == own || tag.dataset.site != site) return;
    const to = tag.dataset.api || tag.src.replace(/\/t(\.js|\/)[^/]*$/, '/collect');
    tag.dataset.api = to + (/\?/.test(to) ? '&' : '?') + 'link=' + token[1];
  });
});
arrived();
