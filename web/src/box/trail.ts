/** Where a page is, for people: `guide › install` for `/guide/install.html`. */

/** @param url A result's URL: a path, or absolute where the page is on another host. */
export function trailOf(url: string): string {
  let host = "";
  let path = url;
  const absolute = /^https?:\/\/(?<host>[^/]+)(?<path>.*)$/iu.exec(url)?.groups;
  if (absolute) {
    host = absolute["host"] ?? "";
    path = absolute["path"] ?? "";
  }
  const steps = path
    .replace(/[?#].*$/u, "")
    .replace(/(?:index)?\.x?html?$/iu, "")
    .split("/")
    .filter((step) => step !== "")
    .map(readable);
  return [host, ...steps].filter((step) => step !== "").join(" › ");
}

function readable(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
