//! Pages in the shape that widely used generators give them. Written for these tests.

use super::*;

#[test]
fn a_page_of_mdbook() {
    let page = read(
        r##"<html lang="en"><head><title>Oars - The Book of Boats</title></head><body>
        <nav id="sidebar" aria-label="Table of contents"><ol class="chapter"><li><a href="a.html">Boats</a></ol></nav>
        <div id="menu-bar"><h1 class="menu-title">The Book of Boats</h1><button aria-label="Search">s</button></div>
        <div id="content"><main>
          <h2 id="oars"><a class="header" href="#oars">Oars</a></h2><p>An oar is a lever.
          <h3 id="a-stroke-"><a class="header" href="#a-stroke-">A stroke <code>!</code></a></h3>
          <pre><code class="language-rust"><span class="boring">fn main() {
</span>row();
<span class="boring">}</span></code></pre>
        </main><nav class="nav-wrapper"><a rel="prev" href="a.html">Previous</a></nav></div></body></html>"##,
    );
    assert_eq!(page.title, "Oars");
    assert_eq!(
        outline(&page),
        "2 Oars #oars\n  An oar is a lever.\n3 A stroke ! #a-stroke-\n  |row();\n"
    );
}

#[test]
fn a_page_of_sphinx() {
    let page = read(
        r##"<title>oars — Rowing &#8212; Boats 1.0 documentation</title><body>
        <div class="related" role="navigation"><h3>Navigation</h3><ul><li><a href="x.html">next</a></ul></div>
        <div class="document"><div class="body" role="main">
        <section id="module-oars"><span id="rowing"></span><h1><code><span class="pre">oars</span></code> — Rowing<a class="headerlink" href="#module-oars" title="Permalink">¶</a></h1>
        <p><strong>Source code:</strong> <a class="reference" href="s">oars.py</a></p>
        <dl class="py function"><dt class="sig sig-object py" id="oars.row">
        <span class="sig-prename">oars.</span><span class="sig-name">row</span><span class="sig-paren">(</span><em>n</em>, <em>side=None</em><span class="sig-paren">)</span><a class="headerlink" href="#oars.row">¶</a></dt>
        <dd><p>Rows <em>n</em> strokes.</p><div class="highlight-python3"><div class="highlight"><pre><span></span><span class="gp">&gt;&gt;&gt; </span><span class="n">row</span><span class="p">(</span><span class="mi">2</span><span class="p">)</span>
</pre></div></div></dd></dl>
        <section id="see"><h2>2. See also<a class="headerlink" href="#see">¶</a></h2><div class="admonition seealso"><p class="admonition-title">See also</p><dl class="simple"><dt><span class="target" id="index-0"></span><a href="r">RFC 1</a></dt><dd><p>Of boats.</p></dd></dl></div></section>
        </section></div></div>
        <div class="sphinxsidebar" role="navigation"><h4>Previous topic</h4></div><div class="footer">&copy; 2020</div>"##,
    );
    assert_eq!(page.title, "oars — Rowing");
    assert_eq!(
        outline(&page),
        "1 oars — Rowing #module-oars\n  Source code: oars.py\n2 oars.row(n, side=None) #oars.row\n  Rows n strokes.\n  |>>> row(2)\n\
         2 2. See also #see\n  See also\n  RFC 1\n  Of boats.\n"
    );
}

#[test]
fn a_page_of_docusaurus() {
    let page = read(
        r##"<html lang="en"><title data-rh="true">Install | Boats</title><body><div id="__docusaurus">
        <div role="region" aria-label="Skip to main content"><a class="skipToContent_fXgn" href="#__docusaurus_skipToContent_fallback">Skip to main content</a></div>
        <nav aria-label="Main" class="navbar"><a>Boats</a></nav>
        <main class="docMainContainer_x"><div class="row"><div class="col docItemCol_x"><article>
        <nav class="theme-doc-breadcrumbs" aria-label="Breadcrumbs"><ul><li>Guide</ul></nav>
        <div class="tocCollapsible_x theme-doc-toc-mobile"><button type="button">On this page</button></div>
        <div class="theme-doc-markdown markdown"><header><h1>Install</h1></header><p>Get an oar.</p>
        <h2 class="anchor" id="wood">Wood<a href="#wood" class="hash-link" aria-label="Direct link to Wood" title="Direct link">&#8203;</a></h2>
        <div class="theme-code-block"><pre class="prism-code"><code><span class="token-line">cut tree<br></span><span class="token-line">carve<br></span></code></pre><div class="buttonGroup_x"><button>Copy</button></div></div>
        <div class="tabs-container"><ul role="tablist" class="tabs"><li role="tab">npm</li><li role="tab">yarn</li></ul><div role="tabpanel">npm row</div><div role="tabpanel" hidden>yarn row</div></div></div>
        <footer class="theme-doc-footer"><a href="e">Edit this page</a></footer></article>
        <nav class="pagination-nav" aria-label="Docs pages"><a>Next</a></nav></div>
        <div class="col col--3"><div class="tableOfContents_x theme-doc-toc-desktop"><ul class="table-of-contents"><li><a href="#wood">Wood</a></ul></div></div></div></main>
        <footer class="footer">(c)</footer></div>"##,
    );
    assert_eq!(
        outline(&page),
        "1 Install\n  Get an oar.\n2 Wood #wood\n  |cut tree\n  |carve\n  npm row\n  yarn row\n"
    );
}

#[test]
fn a_page_of_vitepress() {
    let page = read(
        r##"<html lang="en-US"><title>Strokes | Boats</title><body><div id="app"><div class="Layout"><span tabindex="-1"></span><a href="#VPContent" class="VPSkipLink visually-hidden">Skip to content</a>
        <header class="VPNav"><a class="title" href="/">Boats</a></header><aside class="VPSidebar"><nav><a>One</a></nav></aside>
        <div class="VPContent has-sidebar" id="VPContent"><div class="VPDoc has-sidebar has-aside"><div class="container">
        <div class="aside"><nav class="VPDocAsideOutline" aria-labelledby="o"><div>On this page</div></nav></div>
        <div class="content"><main class="main"><div class="vp-doc _strokes"><div>
        <h1 id="strokes" tabindex="-1">Strokes <a class="header-anchor" href="#strokes" aria-label="Permalink to &quot;Strokes&quot;">&#8203;</a></h1><p>Pull.</p>
        <div class="language-sh vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">sh</span><pre class="shiki"><code><span class="line">row --hard</span>
<span class="line">rest</span></code></pre><div class="line-numbers-wrapper" aria-hidden="true"><span class="line-number">1</span></div></div></div></div></main>
        <footer class="VPDocFooter"><div class="edit-info"><a class="edit-link-button">Edit this page on GitHub</a></div></footer></div></div></div></div></div></div>"##,
    );
    assert_eq!(page.title, "Strokes");
    assert_eq!(outline(&page), "1 Strokes #strokes\n  Pull.\n  sh\n  |row --hard\n  |rest\n");
}

#[test]
fn a_page_of_plain_html() {
    let page = read(
        "<title>Notes on rowing</title><h2>Grip</h2>Hold it <em>firmly</em>.<p>Then pull.<hr><address>Ann</address>",
    );
    assert_eq!(page.title, "Notes on rowing");
    assert_eq!(outline(&page), "2 Grip\n  Hold it firmly.\n  Then pull.\n  Ann\n");
}
