// The exact answer: the ten vectors of the highest dot product with each query, in float32 summed in double precision.

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DIR, floats } from "./vectors.mjs";

const DEPTH = 10;
/** Rows that stay in the processor's cache while all queries are held against them. */
const BLOCK = 512;

/** Row numbers, best first, a list a query. Kept beside the vectors. */
export function truth(n, collectionFile, { dimensions }) {
  const queryFile = join(DIR, "queries.f32");
  const kept = join(DIR, `truth-${n}.json`);
  const newest = Math.max(statSync(collectionFile).mtimeMs, statSync(queryFile).mtimeMs);
  if (existsSync(kept) && statSync(kept).mtimeMs > newest) return JSON.parse(readFileSync(kept, "utf8"));
  const rows = floats(collectionFile);
  const queries = floats(queryFile);
  const count = queries.length / dimensions;
  const best = Array.from({ length: count }, () => ({ rows: new Array(DEPTH).fill(-1), scores: new Array(DEPTH).fill(-Infinity) }));
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(start + BLOCK, n);
    for (let query = 0; query < count; query += 1) {
      for (let row = start; row < end; row += 1) insert(best[query], row, dot(rows, row * dimensions, queries, query * dimensions, dimensions));
    }
  }
  const found = best.map((list) => list.rows.filter((row) => row >= 0));
  writeFileSync(kept, JSON.stringify(found));
  return found;
}

function dot(a, atA, b, atB, length) {
  let [even, odd] = [0, 0];
  for (let i = 0; i < length; i += 2) {
    even += a[atA + i] * b[atB + i];
    odd += a[atA + i + 1] * b[atB + i + 1];
  }
  return even + odd;
}

/** Of equal scores the lower row stands first. */
function insert(best, row, score) {
  if (score <= best.scores[DEPTH - 1]) return;
  let place = DEPTH - 1;
  for (; place > 0 && best.scores[place - 1] < score; place -= 1) {
    best.scores[place] = best.scores[place - 1];
    best.rows[place] = best.rows[place - 1];
  }
  best.scores[place] = score;
  best.rows[place] = row;
}
