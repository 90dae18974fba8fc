/** JSON of anything a page may hand us. */

let room = 0;

/**
 * Written out by hand because JSON.stringify throws on cycles and BigInt, calls getters that throw, and obeys an
 * Array.prototype.toJSON that old libraries add (A7.9, A7.12). What JSON has no word for is left out.
 * @param {any} holder
 * @param {string | number} key
 * @param {any[]} above the objects that hold it: cuts cycles and depth
 * @returns {string | undefined}
 */
const write = (holder, key, above) => {
  try {
    let value = holder[key];
    value = value?.toISOString?.() || value;
    if (typeof value != 'object' || !value) return JSON.stringify(value?.slice?.(0, 8192) ?? value);
    // DOM nodes and windows are graphs of the whole page, and reading some of their fields warns in the console
    if (room-- < 0 || above[7] || above.includes(value) || value.nodeType || value.window == value) return;
    const list = Array.isArray(value);
    const body = Object.keys(value)
      .map((name) => {
        const text = write(value, name, above.concat([value]));
        return text && (list ? text : JSON.stringify(name) + ':' + text);
      })
      .filter((text) => text)
      .join();
    return list ? '[' + body + ']' : '{' + body + '}';
  } catch {
    /* a getter that throws leaves its field out */
  }
};

/** @param {any} value @returns {any} */
export const json = (value) => {
  room = 500;
  return write([value], 0, []);
};
