// `npm start`: sets up, builds everything and serves a searchable site on http://127.0.0.1:4173.
//
//     npm start                       the project's own documentation
//     npm start -- --site DIR         a copy of any other built site, with the search added
//     npm start -- --port N           on another port
//     npm start -- --no-serve         builds and stops

import { cpSync, existsSync, rmSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { addSearch } from "./add-search.mjs";
import { COMMAND, buildCommand, buildEngine, buildWasm } from "./build.mjs";
import { Failure, ROOT, at, main, run, step } from "./run.mjs";
import { setup } from "./setup.mjs";

function options() {
  const known = {
    site: { type: "string" },
    port: { type: "string", default: "4173" },
    "no-serve": { type: "boolean", default: false },
  };
  try {
    return parseArgs({ options: known }).values;
  } catch (error) {
    throw new Failure(error.message, "usage: npm start [-- --site DIR] [--port N] [--no-serve]");
  }
}

/** A copy of the site in `dir`, which stays as it is. */
function copyOf(dir) {
  if (!existsSync(dir) || !statSync(dir).isDirectory()) {
    throw new Failure(`--site ${dir}: no such directory`, "name a directory of HTML files, as a site generator leaves it");
  }
  const copy = at("dist/served", basename(dir));
  rmSync(copy, { recursive: true, force: true });
  cpSync(dir, copy, { recursive: true, dereference: true });
  return copy;
}

await main(async () => {
  const { site, port, "no-serve": noServe } = options();
  const given = site === undefined ? undefined : resolve(process.env.INIT_CWD ?? ROOT, site);
  await step("set-up", setup);
  await step("wasm modules", buildWasm);
  await step("engine", buildEngine);
  await step("the sextant command", buildCommand);
  const dir = await step("site", async () => {
    if (given !== undefined) return copyOf(given);
    const { renderSite } = await import("./site.mjs");
    return renderSite();
  });
  await step("index", () => run(COMMAND, ["build", dir]));
  const pages = await addSearch(dir);
  console.log(`search box added to ${pages} pages`);
  if (!noServe) await run(COMMAND, ["serve", dir, "--port", port], { what: "sextant serve" });
});
