// A project that has installed the packed package, in a temporary directory.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A tool of this repository's `node_modules`. */
export const tool = (file: string): string => join(ROOT, "node_modules", file);

/** A project with `sextant-search` installed from its tarball. */
export interface Project {
  readonly dir: string;
  /** Writes a file of the project. */
  write(name: string, text: string): void;
  /** Runs Node in the project and gives what it prints. */
  node(...args: string[]): string;
  /** `package.json` of the installed package. */
  readonly manifest: Readonly<{ exports: Readonly<Record<string, unknown>> }>;
  remove(): void;
}

/** Packs `pkg/`, which `npm run build` writes, and installs it. */
export function install(): Project {
  const dir = mkdtempSync(join(tmpdir(), "sextant-package-"));
  const run = (program: string, args: readonly string[], cwd: string): string =>
    execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const packed: unknown = JSON.parse(run(npm, ["pack", "--json", "--pack-destination", dir], join(ROOT, "pkg")));
  const [{ filename }] = packed as [{ filename: string }];
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  run(npm, ["install", "--offline", "--no-audit", "--no-fund", join(dir, filename)], dir);
  const manifest = JSON.parse(readFileSync(join(dir, "node_modules/sextant-search/package.json"), "utf8")) as Project["manifest"];
  return {
    dir,
    write: (name, text) => {
      mkdirSync(join(dir, name, ".."), { recursive: true });
      writeFileSync(join(dir, name), text);
    },
    node: (...args) => run(process.execPath, args, dir),
    manifest,
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
