// The system's package manager: asked only for what no other way brings.

import { Failure, output, run } from "./run.mjs";

/**
 * Installs Debian packages, as root or through a `sudo` that asks nothing.
 * @param {string[]} names
 * @param {string} what What they are for, for people.
 * @throws {Failure} where that cannot be done, with the command to run.
 */
export async function installPackages(names, what) {
  const command = `apt-get install -y ${names.join(" ")}`;
  if (output("apt-get", ["--version"]) === undefined) {
    throw new Failure(`${what} is missing`, `install ${names.join(", ")} with the system's package manager`);
  }
  const root = process.getuid?.() === 0;
  if (!root && output("sudo", ["-n", "true"]) === undefined) throw new Failure(`${what} is missing`, `run: sudo ${command}`);
  const apt = async (...args) => {
    const [program, ...rest] = root ? ["apt-get", ...args] : ["sudo", "-n", "apt-get", ...args];
    await run(program, rest, { env: { DEBIAN_FRONTEND: "noninteractive" } });
  };
  console.log(`setup: ${what} is missing; installing ${names.join(", ")}`);
  try {
    await apt("update", "-qq");
    await apt("install", "-y", "-qq", "--no-install-recommends", ...names);
  } catch (error) {
    throw new Failure(`${what} is missing and ${error.message}`, `install it by hand: ${command}`);
  }
}
