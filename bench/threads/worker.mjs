// A worker that hands pieces of no work to another and waits for it, as every product of a layer would have to; or the encoder on
// one thread. Alone, as the other side, it takes them.

const [ASKED, DONE] = [0, 1];
/** Pieces that are timed together, since the clock is coarser than one. */
const BATCH = 100;

/** Waits until `cells[at]` is `value`: by looking again, or asleep. */
function until(cells, at, value, asleep) {
  while (Atomics.load(cells, at) !== value) {
    if (asleep) Atomics.wait(cells, at, value - 1);
  }
}

function tell(cells, at, value, asleep) {
  Atomics.store(cells, at, value);
  if (asleep) Atomics.notify(cells, at);
}

const calls = {
  /** Takes `rounds` pieces. */
  take({ cells, rounds, asleep }) {
    for (let round = 1; round <= rounds; round += 1) {
      until(cells, ASKED, round, asleep);
      tell(cells, DONE, round, asleep);
    }
  },

  /** Hands out `rounds` pieces; gives for each hundred the milliseconds of one until it is known to be done. */
  give({ cells, rounds, asleep }) {
    const times = [];
    for (let round = 1, start = performance.now(); round <= rounds; round += 1) {
      tell(cells, ASKED, round, asleep);
      until(cells, DONE, round, asleep);
      if (round % BATCH > 0) continue;
      const now = performance.now();
      times.push((now - start) / BATCH);
      start = now;
    }
    return times;
  },

  /** Milliseconds of encoding each of `texts`, `rounds` times after a warm-up of `warmUp` seconds. */
  async encode({ module, urls, bytes, texts, rounds, warmUp }) {
    const glue = await import(module);
    await glue.default();
    const loader = new glue.EncoderLoader(bytes);
    for (const url of urls) loader.part(url, new Uint8Array(await (await fetch(url)).arrayBuffer()));
    const encoder = loader.finish();
    for (const end = performance.now() + warmUp * 1000; performance.now() < end; ) encoder.encode(texts[0]);
    return texts.map((text) =>
      Array.from({ length: rounds }, () => {
        const start = performance.now();
        encoder.encode(text);
        return performance.now() - start;
      }),
    );
  },
};

addEventListener("message", async ({ data: { call, options } }) => {
  try {
    postMessage({ result: await calls[call](options) });
  } catch (error) {
    postMessage({ reason: String(error) });
  }
});
