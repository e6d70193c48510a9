/** What every end-to-end test stands on: a browser for its file, a fresh server and fresh readers for itself. */

import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { launch, visit } from "./browser.ts";
import type { Visit } from "./browser.ts";
import { SITE } from "./build.ts";
import { StaticServer } from "./server.ts";

/** The ground of one test. */
export interface Ground {
  /** Serves the built fixture site at `/`. */
  readonly server: StaticServer;
  /** Serves it, or the folder `root`, at `path` instead. */
  mount(path: string, root?: string): Promise<StaticServer>;
  /** Opens `path`, relative to the site, as a new reader. */
  visit(path?: string, options?: BrowserContextOptions): Promise<Visit>;
}

/** Call at the top of a test file, with arguments for its browser if it needs any. What is returned is new for each test. */
export function harness(...args: readonly string[]): Ground {
  let browser: Browser;
  let server: StaticServer;
  beforeAll(async () => {
    browser = await launch(args);
  });
  afterAll(async () => browser.close());
  beforeEach(async () => {
    server = await StaticServer.start(SITE);
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map(async (context) => context.close()));
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    async mount(path, root = SITE) {
      await server.stop();
      server = await StaticServer.start(root, path);
      return server;
    },
    visit: async (path = "", options = {}) => visit(browser, new URL(path, server.url).href, options),
  };
}
