/** The page's end of the worker: calls become messages. Where no module worker starts, the session runs in the page. */

import { fetchEarly } from "../files/early.ts";
import { SextantError, fromFault } from "../errors.ts";
import type { Backend, CallName, Calls, Listener, Reply, Request } from "./protocol.ts";

/** How long a worker may take until its code runs, in milliseconds, before the page does the work itself. */
const START_PATIENCE = 15_000;

interface Pending {
  readonly resolve: (gives: never) => void;
  readonly reject: (reason: Error) => void;
}

/** A session behind a worker. */
class WorkerBackend implements Backend {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #next = 1;

  constructor(worker: Worker, listener: Listener) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (data.type === "progress") listener.onProgress(data.progress);
      else if (data.type === "build") listener.onBuild(data.progress);
      else if (data.type === "status") listener.onStatus(data.status);
      else if (data.type === "done") this.#settle(data.id)?.resolve(data.gives as never);
      else if (data.type === "failed") this.#settle(data.id)?.reject(fromFault(data.fault));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new SextantError("engine/trap", `the worker stopped: ${event.message}`));
    };
  }

  async call<Name extends CallName>(name: Name, takes: Calls[Name]["takes"], signal?: AbortSignal): Promise<Calls[Name]["gives"]> {
    signal?.throwIfAborted();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#settle(id)?.reject(signal?.reason as Error);
        this.#post({ type: "cancel", id });
      };
      signal?.addEventListener("abort", cancel, { once: true });
      const leave = (): void => signal?.removeEventListener("abort", cancel);
      this.#pending.set(id, {
        resolve: (gives) => {
          leave();
          resolve(gives);
        },
        reject: (reason) => {
          leave();
          reject(reason);
        },
      });
      this.#post({ type: "call", id, name, takes } as Request);
    });
  }

  close(reason = new SextantError("query/closed", "the index was closed")): void {
    this.#worker.terminate();
    this.#end(reason);
  }

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #end(reason: SextantError): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(reason);
  }
}

/**
 * Starts a backend, for `bundle` where there is one: in a module worker where `worker` and the browser allow, else in the page.
 * @throws `signal.reason`
 */
export async function startBackend(worker: boolean, bundle: string | undefined, listener: Listener, signal?: AbortSignal): Promise<Backend> {
  const started = worker ? await startWorker(bundle, signal) : undefined;
  if (started) return new WorkerBackend(started, listener);
  const { Session } = await import("./session.ts");
  signal?.throwIfAborted();
  return new Session("page", listener);
}

/** A worker whose code runs, or nothing: no workers, no module workers, forbidden by policy, or its file is missing. */
async function startWorker(bundle: string | undefined, signal?: AbortSignal): Promise<Worker | undefined> {
  let worker: Worker;
  try {
    worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "sextant" });
  } catch {
    return undefined;
  }
  for (const [name, coming] of fetchEarly(bundle, signal)) {
    void coming.then((bytes) => {
      const request: Request = { type: "early", name, bytes };
      worker.postMessage(request, bytes ? [bytes] : []);
    });
  }
  const life = new AbortController();
  try {
    const runs = await new Promise<boolean>((resolve, reject) => {
      const options = { signal: life.signal };
      const timer = setTimeout(resolve, START_PATIENCE, false);
      life.signal.addEventListener("abort", () => {
        clearTimeout(timer);
      });
      worker.addEventListener("message", () => { resolve(true); }, options);
      worker.addEventListener("error", (event) => { event.preventDefault(); resolve(false); }, options);
      signal?.addEventListener("abort", () => { reject(signal.reason as Error); }, options);
    });
    if (runs) return worker;
    worker.terminate();
    return undefined;
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    life.abort();
  }
}
