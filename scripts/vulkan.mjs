// A Vulkan driver, on which the tests of the compute shaders run natively: what is there, else Debian's software one.

import { existsSync, readdirSync } from "node:fs";
import { Failure } from "./run.mjs";
import { installPackages } from "./system.mjs";

/** Where drivers say that they are there. */
const PLACES = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

const hasDriver = () => PLACES.some((place) => existsSync(place) && readdirSync(place).some((name) => name.endsWith(".json")));

/**
 * Installs Debian's software driver where a Linux has none and that can be done; other systems bring a GPU's interface with them.
 * Without one the tests of the shaders say that they skipped, but for CI, where they fail.
 */
export async function ensureVulkan() {
  if (process.platform !== "linux" || hasDriver()) return;
  try {
    await installPackages(["mesa-vulkan-drivers"], "a Vulkan driver, which the tests of the compute shaders run on,");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.log(`setup: ${error.message}; the native tests of the compute shaders are skipped`);
  }
}
