/** The same as collector/core/assignment.py, which says how and why; tests/core/assignment.json holds both to it. */

const { imul } = Math;
const turned = (word, by) => (word << by) | (word >>> (32 - by));
const scrambled = (word) => imul(turned(imul(word, 0xcc9e2d51), 15), 0x1b873593);

/** MurmurHash3 for x86, 32 bits, seed 0. @param {string} text @returns {number} */
export const murmur3 = (text) => {
  const bytes = new TextEncoder().encode(text);
  const { length } = bytes;
  let state = 0;
  let word = 0;
  bytes.forEach((byte, at) => {
    word |= byte << (8 * (at & 3));
    if ((at & 3) == 3) {
      state = (imul(turned(state ^ scrambled(word), 13), 5) + 0xe6546b64) | 0;
      word = 0;
    }
  });
  state ^= scrambled(word) ^ length;
  state = imul(state ^ (state >>> 16), 0x85ebca6b);
  state = imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
};

/**
 * What an exposure tells: the experiment, the variant, and how many of 1 get it.
 * @param {string} unit @param {string} experiment @param {number | Record<string, number>} share
 */
export const assign = (unit, experiment, share) => {
  /** @type {Record<string, any>} */
  const shares = typeof share == 'object' ? share : { on: share };
  const place = murmur3(experiment + ':' + unit) / 2 ** 32;
  let end = 0;
  const variant = Object.keys(shares).find((one) => place < (end += +shares[one]));
  return { experiment, variant: variant || 'off', share: +(variant ? shares[variant] : 1 - end).toFixed(6) };
};
