/** URLs: of a bundle, of its files, and of the pages that results link to. */

/** The bundle's directory as an absolute URL with a trailing slash. `manifest.json` may be named or not. */
export function bundleUrl(given: string | URL, base: string): string {
  const url = new URL(given, base);
  url.search = "";
  url.hash = "";
  url.pathname = url.pathname.replace(/manifest\.json$/u, "").replace(/\/?$/u, "/");
  return url.href;
}

/** Where the site's pages live: `baseUrl` if given, else the directory that holds the bundle. */
export function siteUrl(bundle: string, baseUrl: string | undefined, base: string): string {
  if (baseUrl === undefined) return new URL("../", bundle).href;
  return new URL(baseUrl.replace(/\/?$/u, "/"), base).href;
}

/**
 * What a result links to.
 *
 * @param page As the bundle has it: `/guide/install.html` from the site's root, or absolute.
 * @param site Of {@link siteUrl}.
 * @param origin The page's origin: links within it are given as paths.
 * @returns Empty for anything that is not http, https or file: data must not become a script.
 */
export function resultUrl(page: string, site: string, origin: string): string {
  let url: URL;
  try {
    const absolute = /^[a-z][a-z\d+.-]*:/iu.test(page) || page.startsWith("//");
    url = new URL(absolute ? page : page.replace(/^\/+/u, ""), site);
  } catch {
    return "";
  }
  if (!["http:", "https:", "file:"].includes(url.protocol)) return "";
  return url.origin === origin ? url.pathname + url.search + url.hash : url.href;
}
