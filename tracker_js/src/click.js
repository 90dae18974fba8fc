/** Clicks, outbound links, downloads, and events declared in the markup. One delegated listener (A4.1). */
import { d, loc, now, on, w } from './env.js';
import { FIELD, attr, declared, is, trail } from './dom.js';
import { emit } from './emit.js';
import { tag } from './state.js';

/** Only text of its own and of inline children: containers hold what people wrote (A4.4). @param {any} el */
const words = (el) => {
  let text = '';
  el.childNodes.forEach((node) => {
    if (node.nodeType == 3) text += node.data;
    else if (node.matches && is(node, ':is(span,b,i,em,strong):not([data-dl-ignore])')) text += words(node);
  });
  return text;
};

/** @param {any} el */
const label = (el) =>
  (words(el) || attr(el, 'aria-label') || attr(el, 'value'))
    // what looks like a card or social security number never leaves the page (A4.6)
    .replace(/\d[\d -]{9,}\d/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 255);

/** When the last click was: a field found invalid just after one is a failed submit. */
export let clicked = 0;

on(d, 'click auxclick', (event) => {
  clicked = now();
  const path = trail(event);
  const hit = path[0];
  // 0: any click; 1: the middle button, which opens links (A4.11)
  const middle = event.button;
  if (!hit || middle > 1) return;
  const near = (selector) => path.find((el) => is(el, selector));
  const own = !middle && near('[data-dl-event]:not(form)');
  if (own) emit('event', declared(own));

  const link = near('a[href],area[href]');
  const { protocol, host, pathname, href } = link ? new URL(attr(link, 'href'), d.baseURI) : {};
  const web = link && /^http/.test(protocol);
  const file =
    web && (is(link, '[download]') || /\.(pdf|(doc|xls|ppt)x?|csv|zip|gz|dmg|exe|mp[34])$/i.test(pathname));
  const away = web && host != loc.host;
  const el =
    link ||
    near('button,summary,input,a,[role=button]') ||
    (w.getComputedStyle(hit).cursor == 'pointer' && hit);
  // What is typed or chosen is nobody's business; a button, and the fact of a tick, is (A4.5).
  if (
    !el ||
    (!file &&
      !away &&
      (tag.clicks == 'off' || own || middle || hit.isContentEditable || is(el, FIELD + ':not([type=checkbox])')))
  )
    return;
  const text = label(el);
  const id = attr(el, 'id');
  emit(file ? 'download' : away ? 'outbound' : 'click', {
    name: file ? pathname : away ? host + pathname : text,
    target: id ? '#' + id : undefined,
    props: { text, tag: el.localName, href: web ? href.split(/[?#]/)[0] : undefined },
  });
});
