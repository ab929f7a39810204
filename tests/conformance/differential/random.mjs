// Random choices that a seed repeats.

/** A generator of random numbers (mulberry32) and the choices that documents are made with. */
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    /** A whole number from 0 up to, and without, `end`. */
    below: (end) => Math.floor(next() * end),
    /** True so often in a thousand times. */
    chance: (perMille) => next() * 1000 < perMille,
    /** One of them, or undefined if there is none. */
    pick: (items) => items[Math.floor(next() * items.length)],
  };
}
