// A small generator of pseudorandom numbers (mulberry32), so that a printed seed repeats a run.

export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (limit) => Math.floor(next() * limit),
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

export function seedOf(t) {
  const seed = Number(process.env.JOBD_FAULT_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`JOBD_FAULT_SEED=${seed}`);
  return seed;
}
