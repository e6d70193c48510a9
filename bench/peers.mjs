// What Sextant is measured against: installed here, by pinned versions, when a bench needs it.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { at, run } from "../scripts/run.mjs";

/** Where the peers' manifest is. */
export const PEERS = at("bench/peers");

/** The version of a peer that is there, or `undefined`. */
const installed = (name) => {
  const file = join(PEERS, "node_modules", name, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
};

/** Installs what of the manifest is missing or of another version. Gives versions by name. */
export async function ensurePeers() {
  const { dependencies } = JSON.parse(readFileSync(join(PEERS, "package.json"), "utf8"));
  const differs = ([name, version]) => installed(name) !== version;
  if (Object.entries(dependencies).some(differs)) await run("npm", ["install", "--no-package-lock", "--ignore-scripts"], { cwd: PEERS });
  return dependencies;
}
