/** JSON of anything a page may hand us. */

let room = 0;

/**
 * Written out by hand because JSON.stringify throws on cycles and BigInt, calls getters that throw, and obeys an
 * Array.prototype.toJSON that old libraries add (A7.9, A7.12). What JSON has no word for is left out.
 * @param {any} value
 * @param {any[]} above the objects that hold it: cuts cycles and depth
 * @returns {string | undefined}
 */
const write = (value, above) => {
  if (value?.toISOString) value = value.toISOString();
  // a text that long is no property (A7.10)
  if (value?.trim) value = value.slice(0, 8192);
  if (typeof value != 'object' || !value) return JSON.stringify(value);
  // DOM nodes and windows are graphs of the whole page, and reading some of their fields warns in the console
  if (room-- < 0 || above[7] || above.includes(value) || value.nodeType || value.window == value) return;
  const list = Array.isArray(value);
  let body = '';
  for (const key of Object.keys(value))
    try {
      const text = write(value[key], above.concat([value]));
      if (text) body += ',' + (list ? '' : JSON.stringify(key) + ':') + text;
    } catch {
      /* a getter that throws leaves its field out */
    }
  return list ? `[${body.slice(1)}]` : `{${body.slice(1)}}`;
};

/** @param {any} value @returns {any} */
export const json = (value) => {
  room = 500;
  return write(value, []);
};
