// How long work takes: as often as it goes into some seconds, once at least.

/** Milliseconds of each run of `work`. */
export async function timed(work, seconds) {
  const times = [];
  const end = performance.now() + seconds * 1000;
  do {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times;
}

export function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return { min: sorted[0], median: sorted[sorted.length >> 1], samples: sorted.length };
}
