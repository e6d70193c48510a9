/** The one error class of the library: a stable `code`, a message with a way out, the file it is about. */

/** What an error says as data: the form in which errors cross from the worker and from WebAssembly. */
export interface Fault {
  /** Stable name of what went wrong; `codes.ts` lists all. */
  readonly code: string;
  /** What was read, what was found, what to do. */
  readonly message: string;
  /** Path in the bundle of the file at fault. */
  readonly file?: string | undefined;
}

/**
 * Whatever fails in Sextant fails with this. `code` is stable and one of those in `codes.ts`; `file`, where it is there, is the
 * path in the bundle of the file at fault. `query/superseded` has the name `AbortError`, so that code which lets aborted
 * work pass lets it pass.
 */
export class SextantError extends Error implements Fault {
  readonly code: string;
  readonly file: string | undefined;

  constructor(code: string, message: string, options: { file?: string | undefined; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = code === "query/superseded" ? "AbortError" : "SextantError";
    this.code = code;
    this.file = options.file;
  }
}

/** Reads `thrown`, whatever it is, as data that can be posted. Unknown things get `code`. */
export function toFault(thrown: unknown, code = "engine/load"): Fault {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string") {
    const { message, file } = thrown as { message?: unknown; file?: unknown };
    const text = typeof message === "string" ? message : thrown.code;
    return typeof file === "string" ? { code: thrown.code, message: text, file } : { code: thrown.code, message: text };
  }
  return { code, message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/** What `thrown` says, where a trap says nothing. */
export function faultOf(thrown: unknown): Fault {
  return toFault(thrown, isTrap(thrown) ? "engine/trap" : "engine/load");
}

/** Whether a WebAssembly instance stopped: its memory is in no known state. */
export function isTrap(thrown: unknown): boolean {
  return thrown instanceof WebAssembly.RuntimeError;
}

/** The error that `fault` describes. */
export function fromFault(fault: Fault): SextantError {
  return new SextantError(fault.code, fault.message, { file: fault.file });
}

/** Whether `thrown` only says that somebody no longer wants the answer. */
export function isAbort(thrown: unknown): boolean {
  return typeof thrown === "object" && thrown !== null && "name" in thrown && thrown.name === "AbortError";
}
