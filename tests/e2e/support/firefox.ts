/**
 * Firefox, by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks itself: a page can be opened, and functions
 * run in it. Playwright drives only a Firefox of its own make.
 */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

/** How long Firefox may take to listen, in milliseconds. */
const START_PATIENCE = 60_000;

/** The Firefox of `$FIREFOX`, or one that is there. */
export async function findFirefox(): Promise<string | undefined> {
  const path = fileURLToPath(new URL("../../../scripts/browser.mjs", import.meta.url));
  const scripts = (await import(path)) as { findFirefox: () => string | undefined };
  return scripts.findFirefox();
}

/** What BiDi answers to a command; of the values those that are used here. */
interface Reply {
  readonly id?: number;
  readonly message?: string;
  readonly result?: {
    readonly context?: string;
    readonly type?: "success" | "exception";
    readonly result?: { readonly value?: string };
    readonly exceptionDetails?: { readonly text: string };
  };
}

/** A running Firefox with one tab. */
export class Firefox {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #next = 1;
  #context = "";

  private constructor(process: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      const reply = JSON.parse(data.toString()) as Reply;
      this.#waiting.get(reply.id ?? 0)?.(reply);
    });
  }

  /** Starts the Firefox at `path` with a profile of its own. */
  static async launch(path: string): Promise<Firefox> {
    const profile = await mkdtemp(join(tmpdir(), "sextant-firefox-"));
    const process = spawn(path, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
    const socket = new WebSocket(`${await address(process)}/session`);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const firefox = new Firefox(process, profile, socket);
    await firefox.#send("session.new", { capabilities: {} });
    firefox.#context = (await firefox.#send("browsingContext.create", { type: "tab" }))?.context ?? "";
    return firefox;
  }

  /** Opens `url` and waits until it is loaded. */
  async goto(url: string): Promise<void> {
    await this.#send("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
    // As a script of the page: code that comes from the driver cannot import.
    await this.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.load = (url) => import(url)";
      document.head.append(script);
    }, null);
  }

  /** Runs `work`, which must not use anything around it, in the page. What goes in and out crosses as JSON. */
  async evaluate<In, Out>(work: (given: In) => Out | Promise<Out>, given: In): Promise<Out> {
    const answer = await this.#send("script.callFunction", {
      functionDeclaration: `async (json) => JSON.stringify((await (${work.toString()})(JSON.parse(json))) ?? null)`,
      arguments: [{ type: "string", value: JSON.stringify(given) }],
      awaitPromise: true,
      target: { context: this.#context },
    });
    if (answer?.type !== "success") throw new Error(answer?.exceptionDetails?.text ?? "Firefox gave no answer");
    return JSON.parse(answer.result?.value ?? "null") as Out;
  }

  /** Ends it. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#socket.terminate();
    this.#process.kill();
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async #send(method: string, params: object): Promise<Reply["result"]> {
    const id = this.#next++;
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
    this.#waiting.delete(id);
    if (!reply.result) throw new Error(`Firefox, ${method}: ${reply.message ?? "no result"}`);
    return reply.result;
  }
}

/** Where Firefox says that it listens. */
async function address(process: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      process.kill();
      reject(new Error(`Firefox ${why}: ${said.slice(-500)}`));
    };
    const timer = setTimeout(fail, START_PATIENCE, "does not listen");
    process.stderr?.on("data", (data: Buffer) => {
      said += data.toString();
      const found = /WebDriver BiDi listening on (?<url>ws:\S+)/.exec(said)?.groups?.["url"];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    process.once("error", (error) => { fail(error.message); });
    process.once("exit", () => { fail("ended"); });
  });
}
