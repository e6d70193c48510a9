/** The module worker: a session behind messages. */

import { Arrivals } from "../files/arrivals.ts";
import { isAbort, toFault } from "../errors.ts";
import type { Listener, Reply, Request } from "./protocol.ts";
import { Session } from "./session.ts";

/** The part of a worker's global scope that is used. */
interface Scope {
  postMessage(reply: Reply): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
}

/** Serves `scope`. */
export function serve(scope: Scope): void {
  const running = new Map<number, AbortController>();
  const early = new Arrivals();
  const listener: Listener = {
    onProgress: (progress) => {
      scope.postMessage({ type: "progress", progress });
    },
    onBuild: (progress) => {
      scope.postMessage({ type: "build", progress });
    },
    onStatus: (status) => {
      scope.postMessage({ type: "status", status });
    },
  };
  const session = new Session("worker", listener, early);

  const answer = async (request: Request & { type: "call" }): Promise<void> => {
    const { id, name, takes } = request;
    const stop = new AbortController();
    running.set(id, stop);
    try {
      scope.postMessage({ type: "done", id, gives: await session.call(name, takes, stop.signal) });
    } catch (error) {
      // Who cancelled has rejected its caller already.
      if (!stop.signal.aborted || !isAbort(error)) scope.postMessage({ type: "failed", id, fault: toFault(error) });
    } finally {
      running.delete(id);
    }
  };

  scope.addEventListener("message", ({ data }) => {
    if (data.type === "cancel") running.get(data.id)?.abort();
    else if (data.type === "early") early.arrive(data.name, data.bytes);
    else void answer(data);
  });
  scope.postMessage({ type: "ready" });
}

// In a page, in Node and in a service worker there is nothing to serve.
const isDedicatedWorker = "DedicatedWorkerGlobalScope" in globalThis;
if (isDedicatedWorker) serve(globalThis);
