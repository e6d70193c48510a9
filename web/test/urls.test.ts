// A bundle under a sub-path once linked to the root of the host, and a record's `javascript:` URL became a link.

import { expect, test } from "vitest";
import { bundleUrl, resultUrl, siteUrl } from "../src/urls.ts";

const PAGE = "https://example.org/blog/post/index.html";

test("a bundle is found by its directory, with or without a slash, and by its manifest", () => {
  for (const given of ["/blog/sextant", "/blog/sextant/", "/blog/sextant/manifest.json", "../sextant/?v=1#x"]) {
    expect(bundleUrl(given, PAGE)).toBe("https://example.org/blog/sextant/");
  }
});

test("pages of a bundle under a sub-path are under that sub-path", () => {
  const site = siteUrl("https://example.org/blog/sextant/", undefined, PAGE);
  expect(resultUrl("/guide/install.html#now", site, "https://example.org")).toBe("/blog/guide/install.html#now");
  expect(resultUrl("guide/", site, "https://example.org")).toBe("/blog/guide/");
  expect(resultUrl("/", site, "https://example.org")).toBe("/blog/");
});

test("a base URL takes the place of the bundle's folder", () => {
  const site = siteUrl("https://example.org/sextant/", "/docs", PAGE);
  expect(resultUrl("/a.html", site, "https://example.org")).toBe("/docs/a.html");
});

test("pages on another host are linked to with that host", () => {
  const site = siteUrl("https://cdn.example/b/sextant/", undefined, PAGE);
  expect(resultUrl("/a.html", site, "https://example.org")).toBe("https://cdn.example/b/a.html");
  expect(resultUrl("https://other.example/x", site, "https://example.org")).toBe("https://other.example/x");
});

test("what is no link becomes none", () => {
  const site = "https://example.org/";
  for (const url of ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "https://", "vbscript:x"]) {
    expect(resultUrl(url, site, "https://example.org")).toBe("");
  }
});

test("a path that climbs stays on its host", () => {
  expect(resultUrl("/../../x.html", "https://example.org/blog/", "https://example.org")).toBe("/x.html");
});
