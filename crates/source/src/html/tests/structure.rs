//! Headings, definitions, tables, lists and listings.

use super::*;

#[test]
fn block_elements_part_words_and_inline_elements_do_not() {
    let page = read(
        "<p>one<p>two<div>three</div>four <b>fi</b><i>ve</i><br>six<ul><li>a<li>b<ul><li>c</ul></ul>",
    );
    assert_eq!(outline(&page), "0 \n  one\n  two\n  three\n  four five six\n  a\n  b\n  c\n");
}

#[test]
fn white_space_is_collapsed_and_invisible_characters_are_dropped() {
    let page = read("<p> a\n\t b&nbsp;c\u{200b}d\u{ad}e&shy;f &lt;g&gt; </p>");
    assert_eq!(outline(&page), "0 \n  a b cdef <g>\n");
}

#[test]
fn every_way_to_give_a_heading_an_id_is_understood() {
    let page = read(
        r##"<h2 id="own">Own</h2><p>a
        <section id="wrap"><h2>Section around</h2><p>b</section>
        <div id="old"><div><h2>Division around</h2></div><p>c</div>
        <h2>Permalink<a class="headerlink" href="#perma" title="Link">¶</a></h2><p>d
        <h2><a name="named"></a>Anchor inside</h2><p>e
        <p><a id="before"></a></p><h2>Anchor before</h2><p>f
        <div id="far">g<h2>None</h2><p>h"##,
    );
    assert_eq!(
        outline(&page),
        "2 Own #own\n  a\n2 Section around #wrap\n  b\n2 Division around #old\n  c\n2 Permalink #perma\n  d\n\
         2 Anchor inside #named\n  e\n2 Anchor before #before\n  f\n  g\n2 None\n  h\n"
    );
}

#[test]
fn a_definition_with_an_id_is_a_section_and_the_outer_section_goes_on_after_it() {
    let page = read(
        r#"<h2 id="io">Files</h2><p>Intro.
        <dl><dt id="f.open">open(<em>path</em>)</dt><dd><p>Opens.
            <dl><dt id="f.open.mode">mode</dt><dd>How.</dd></dl>
            <p>More on open.</dd>
        <dt id="f.close">close()</dt><dd>Closes.</dd></dl>
        <p>After."#,
    );
    assert_eq!(
        outline(&page),
        "2 Files #io\n  Intro.\n3 open(path) #f.open\n  Opens.\n4 mode #f.open.mode\n  How.\n\
         3 open(path) #f.open\n  More on open.\n3 close() #f.close\n  Closes.\n2 Files #io\n  After.\n"
    );
}

#[test]
fn a_definition_list_without_ids_or_with_numbers_is_prose() {
    let page = read(
        r#"<h2>A</h2><dl><dt>Oar</dt><dd>A lever.</dd></dl><dl><dt id="fn1">1</dt><dd>Note.</dd></dl>"#,
    );
    assert_eq!(outline(&page), "2 A\n  Oar\n  A lever.\n  1\n  Note.\n");
}

#[test]
fn a_list_before_any_heading_goes_on_without_one() {
    let page = read(r#"<p>Intro.<dl><dt id="a">term</dt><dd>Text.</dd></dl><p>After."#);
    assert_eq!(outline(&page), "0 \n  Intro.\n1 term #a\n  Text.\n0 \n  After.\n");
}

#[test]
fn a_row_of_a_table_is_one_block() {
    let page = read(
        "<table><caption>Modes</caption><tr><th>Mode<th>Meaning<tr><td><code>r</code><td>read<p>only</p><td><tr><td>w<td>write<tr><td><dl><dt id=a>a<dd></dl><td>append</table>",
    );
    assert_eq!(
        outline(&page),
        "0 \n  Modes\n  Mode | Meaning\n  r | read only\n  w | write\n  a | append\n"
    );
}

#[test]
fn a_table_for_layout_is_read_cell_by_cell() {
    let page = read("<table><tr><td><h2>Left</h2><p>a<td><table><tr><td>b<td>c</table></table>");
    assert_eq!(outline(&page), "2 Left\n  a\n  b | c\n");
}

#[test]
fn a_listing_keeps_its_white_space_and_loses_what_stands_beside_it() {
    let page = read(
        r#"<pre><button>Copy</button><code><span class="lineno">1</span>fn main() {
<span class="lineno">2</span>    go();  <span class="boring">hidden</span>

}</code></pre>
        <table class="highlight"><tr><td class="linenos"><pre>1
2</pre></td><td class="code"><pre>a&nbsp;= 1
b = 2
</pre></td></tr></table>"#,
    );
    assert_eq!(outline(&page), "0 \n  |fn main() {\n  |    go();\n  |\n  |}\n  |a = 1\n  |b = 2\n");
}

#[test]
fn lines_of_a_listing_that_are_elements_stay_lines() {
    let page = read(
        "<pre><div class=line>a</div><div class=line>b</div><span>c<br></span><span>d</span></pre>",
    );
    assert_eq!(outline(&page), "0 \n  |a\n  |b\n  |c\n  |d\n");
}

#[test]
fn permalinks_and_marks_of_notes_are_no_text() {
    let page = read(
        r##"<h2 id=a>Oars <a class="anchor" href="#a">#</a><a class="hash-link" href="#a">Direct link</a></h2>
        <p>They row.<sup><a href="#fn1">1</a></sup> See <a href="#b">below</a> and <a class="fn" role="doc-noteref" href="#n2">[2]</a>."##,
    );
    assert_eq!(outline(&page), "2 Oars #a\n  They row. See below and .\n");
}

#[test]
fn a_sign_alone_is_no_text_and_a_formula_is() {
    assert_eq!(outline(&read("<p>ⓘ<p>»<p>| |<p>∀ ∈ ∅ ⊂<p>7")), "0 \n  ∀ ∈ ∅ ⊂\n  7\n");
}

#[test]
fn the_alt_text_of_images_is_read_on_request() {
    let options = HtmlOptions { image_alt: true, ..HtmlOptions::default() };
    let page = b"<p>a<img alt='an oar'>b";
    assert_eq!(outline(&parse(page, "x", &options).unwrap().unwrap()), "0 \n  a an oar b\n");
    assert_eq!(outline(&read("<p>a<img alt='an oar'>b")), "0 \n  ab\n");
}

#[test]
fn an_accordion_button_is_its_heading_and_other_buttons_are_no_text() {
    let page = read(
        "<h2><button>Why?</button></h2><p>So.</p><button>Run</button><h2>Vec <button>Copy path</button></h2><p>x",
    );
    assert_eq!(outline(&page), "2 Why?\n  So.\n2 Vec\n  x\n");
}

#[test]
fn malformed_html_is_read_as_a_browser_reads_it() {
    let page = read("<h1>Ti<b>tle</h1><p>one<table><tr><td>x</p>y<p>two</b></body><p>three");
    assert_eq!(page.title, "Title");
    for word in ["one", "x", "y", "two", "three"] {
        assert!(text(&page).contains(word), "{word} in {}", text(&page));
    }
}
