/** Reading elements without trusting them: a form's `type`, `name` or `id` may be one of its own inputs (A4.8). */

const proto = Element.prototype;

/** @param {any} el @param {string} name */
export const attr = (el, name) => proto.getAttribute.call(el, name) || '';

/** @param {any} el @param {string} selector */
export const is = (el, selector) => proto.matches.call(el, selector);

/**
 * The elements from the one that was hit outwards, through open shadow roots; nothing when any of them opts out.
 * @param {Event} event
 * @returns {any[]}
 */
export const trail = (event) => {
  const path = event.composedPath().filter((node) => node instanceof Element);
  return path.some((el) => is(el, '[data-dl-ignore]')) ? [] : path;
};

/** The event that the site's own markup names, on any element. @param {any} el */
export const declared = (el) => {
  /** @type {Record<string, string>} */
  const props = {};
  for (const { name, value } of el.attributes) if (/^data-dl-prop-/.test(name)) props[name.slice(13)] = value;
  return { name: attr(el, 'data-dl-event'), props };
};

/** What people type into or choose from. */
export const FIELD = 'select,textarea,input:not([type=button],[type=submit])';
