/** Starts the encoder: its parts read, its module loaded in the fastest build that computes rightly here, its first text encoded. */

import { meaningOf } from "../codes.ts";
import { SextantError, faultOf } from "../errors.ts";
import type { Fault } from "../errors.ts";
import type { EncoderEntry } from "../files/manifest.ts";
import type { GetOptions, Store } from "../files/store.ts";
import { encoderBuilds, loadEncoder } from "../modules/later.ts";
import type { EncoderBuild } from "../modules/later.ts";
import type { Encoder } from "../modules/wasm.ts";

/** Faults of a build: another one may not have them. */
const OF_BUILD = new Set(["engine/load", "engine/trap", "encoder/wrong"]);

type Part = Promise<Uint8Array | undefined>;

/** A running encoder. */
export interface Started {
  readonly encoder: Encoder;
  readonly build: EncoderBuild;
  /** Why it is not the faster build, where that should have run. */
  readonly rejected: Fault | undefined;
}

/**
 * Starts the encoder of `entry`. Parts that the browser keeps are read all at once, while the module is compiled; others are
 * fetched one after the other, so that at most one is lost when the load is cut off.
 * @throws {SextantError} `encoder/…`, `fetch/…`, `bundle/…`, `engine/…`
 * @throws `options.signal.reason`
 */
export async function startEncoder(entry: EncoderEntry, store: Store, options: GetOptions): Promise<Started> {
  const parts = entry.parts.map(async (part) => store.kept(part, options));
  let rejected: Fault | undefined;
  for (const build of encoderBuilds()) {
    try {
      return { encoder: await start(build, entry, parts, store, options), build, rejected };
    } catch (error) {
      const { code, message } = faultOf(error);
      if (build === "simd128" || !OF_BUILD.has(code)) throw error;
      rejected = { code: "encoder/relaxed", message: `the faster build of the encoder is not used: ${message}` };
    }
  }
  throw new SextantError("encoder/simd", meaningOf("encoder/simd"));
}

/** `parts`: what is there of them; filled here, for the next build too. */
async function start(build: EncoderBuild, entry: EncoderEntry, parts: Part[], store: Store, options: GetOptions): Promise<Encoder> {
  const module = await loadEncoder(build);
  const check = (): void => {
    if (!module.self_test()) throw new SextantError("encoder/wrong", `${meaningOf("encoder/wrong")} (${build})`);
  };
  check();
  const builder = new module.EncoderLoader(entry.bytes);
  for (const [at, part] of entry.parts.entries()) {
    const whole = (await parts[at]) ?? (await store.get(part, options));
    options.signal?.throwIfAborted();
    parts[at] = Promise.resolve(whole);
    builder.part(part.file, whole);
  }
  const encoder = builder.finish();
  checkFingerprint(entry, encoder);
  encoder.encode("warm-up"); // So that the reader's first query finds compiled code and touched memory.
  check(); // Code that was compiled anew may compute otherwise.
  return encoder;
}

function checkFingerprint(entry: EncoderEntry, encoder: Encoder): void {
  const found = encoder.fingerprint;
  if (found === entry.fingerprint) return;
  encoder.free();
  const file = entry.parts[0]?.file;
  const message = `${file ?? "encoder"}: vectors were made by encoder ${entry.fingerprint}, but the encoder here is ${found}; run \`sextant build\` with this encoder, or serve the bundle's own`;
  throw new SextantError("bundle/encoder", message, { file });
}
