// An excerpt goes into pages as HTML: text of a page must never become an element of another.

import { expect, test } from "vitest";
import { toHtml } from "../src/markup.ts";

test("markup in text stays text, and only matches are marked", () => {
  const html = toHtml([
    { text: "<img src=x onerror=alert(1)> & ", marked: false },
    { text: "<b>\"it's\"</b>", marked: true },
  ]);
  expect(html).toBe("&lt;img src=x onerror=alert(1)&gt; &amp; <mark>&lt;b&gt;&quot;it&#39;s&quot;&lt;/b&gt;</mark>");
});
