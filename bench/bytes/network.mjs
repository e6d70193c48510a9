// What crosses the network in a visit, by Chromium's own log: page and worker, bytes of bodies as they came, and how many
// rounds of requests had to wait for each other.

/** How long nothing may be under way before a stage counts as ended, in milliseconds. */
const QUIET = 60;

/** Listens to the requests of `context`, which is new and so has nothing cached. */
export function listen(context) {
  let ended = [];
  let pending = 0;
  context.on("request", () => (pending += 1));
  context.on("requestfinished", (request) => {
    pending -= 1;
    ended.push(entry(request));
  });
  context.on("requestfailed", (request) => {
    pending -= 1;
    const failed = Promise.reject(new Error(`${request.url()}: ${request.failure()?.errorText}`));
    failed.catch(() => undefined); // Told by `take`.
    ended.push(failed);
  });
  return {
    /** The requests that ended since it was last called, when no more are under way. */
    async take() {
      for (let quiet = 0; quiet < 2; quiet = pending === 0 ? quiet + 1 : 0) await new Promise((resolve) => setTimeout(resolve, QUIET));
      const taken = ended;
      ended = [];
      return (await Promise.all(taken)).filter(({ path }) => path !== "/");
    },
  };
}

async function entry(request) {
  const { responseBodySize } = await request.sizes();
  const response = await request.response();
  // The log has no size for a worker's own script; the server, which compresses nothing, says it.
  const bytes = responseBodySize || Number(await response?.headerValue("content-length"));
  const { startTime, responseEnd } = request.timing();
  return { path: new URL(request.url()).pathname, bytes, start: startTime, end: startTime + Math.max(responseEnd, 0) };
}

/** The longest chain of requests of which each began when the one before had ended. */
export function roundTrips(requests) {
  const ordered = requests.toSorted((a, b) => a.start - b.start);
  const depths = [];
  for (const { start } of ordered) {
    const before = depths.filter((_, index) => ordered[index].end <= start);
    depths.push(1 + Math.max(0, ...before));
  }
  return Math.max(0, ...depths);
}

/**
 * Chromium's own preset "Slow 4G" (`Network.emulateNetworkConditions` of its DevTools): latency in milliseconds, bytes a second.
 * Workers have networks of their own in it, so each is told as soon as it is there.
 */
const SLOW_4G = { offline: false, latency: 562.5, downloadThroughput: 180_000, uploadThroughput: 84_375 };

/** Makes the network of `page` and of its workers slow. */
export async function slowDown(context, page) {
  const session = await context.newCDPSession(page);
  session.on("Target.attachedToTarget", ({ sessionId }) => {
    const tell = (id, method, params) => session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) });
    tell(1, "Network.enable", {}).then(() => tell(2, "Network.emulateNetworkConditions", SLOW_4G), () => undefined);
  });
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", SLOW_4G);
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
}
