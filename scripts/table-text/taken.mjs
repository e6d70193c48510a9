// Which lines of all that the packages have are taken, told by what they say: a binary tree over the bits of a line's sha256, cut off
// where all lines below are treated alike. A line that changed costs itself; one that nobody has seen falls to whatever is there.
//
// Nodes in preorder, two bits each, four a byte, the lowest bits first: 0 to 2 of `NONE`, `TEXT`, `WHOLE`, or `SPLIT` and the two below.

import { createHash } from "node:crypto";

/** What is taken of a line: nothing, its text, or the passage behind the tab as well. */
export const [NONE, TEXT, WHOLE] = [0, 1, 2];
const SPLIT = 3;

const digest = (line) => createHash("sha256").update(line).digest();
const bitOf = (hash, at) => (hash[at >> 3] >> (7 - (at & 7))) & 1;

/** What `tree` says of `line`. */
export function takenOf(tree, line) {
  const hash = digest(line);
  let node = tree;
  for (let at = 0; Array.isArray(node); at += 1) node = node[bitOf(hash, at)];
  return node;
}

/** The tree out of its bytes. */
export function readTree(bytes) {
  let at = 0;
  const node = () => {
    const value = (bytes[at >> 2] >> (2 * (at & 3))) & 3;
    at += 1;
    return value === SPLIT ? [node(), node()] : value;
  };
  return node();
}

/** The bytes of the tree that says of each of `lines`, each there once, what `takenOf` says. */
export function writeTree(lines, takenOf) {
  const nodes = [];
  const write = (rest, depth) => {
    const same = rest.every(({ taken }) => taken === rest[0].taken);
    nodes.push(same ? (rest[0]?.taken ?? NONE) : SPLIT);
    if (!same) for (const bit of [0, 1]) write(rest.filter(({ hash }) => bitOf(hash, depth) === bit), depth + 1);
  };
  write(lines.map((line) => ({ hash: digest(line), taken: takenOf(line) })), 0);
  const bytes = Buffer.alloc(Math.ceil(nodes.length / 4));
  nodes.forEach((node, at) => (bytes[at >> 2] |= node << (2 * (at & 3))));
  return bytes;
}
