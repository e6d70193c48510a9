/** Names that are the same in every bundle: all other files are named by what is in them. */

/** The manifest. */
export const MANIFEST = "manifest.json";
/** The copy of the head that lies beside the manifest: that of the build that came last. */
export const HEAD = "head.sxt";
