//! Which part of a page is its content, and what the page is called.

use super::*;

const TEXT: &str = "Rowing moves a boat with oars, one stroke after another.";

#[test]
fn main_is_read_and_nothing_around_it() {
    let page = read(&format!(
        "<body><header>Site</header><div>Promo</div><main><p>{TEXT}</main><aside>More</aside><footer>(c)</footer>"
    ));
    assert_eq!(outline(&page), format!("0 \n  {TEXT}\n"));
}

#[test]
fn an_only_article_is_read_where_it_is_most_of_main() {
    let page = read(&format!(
        "<main><div>Home / Guide</div><article><h1>Row</h1><p>{TEXT}</article></main>"
    ));
    assert_eq!(outline(&page), format!("1 Row\n  {TEXT}\n"));
    let page = read(&format!("<main><p>{TEXT}<article>Aside.</article></main>"));
    assert!(text(&page).contains(TEXT) && text(&page).contains("Aside."));
}

#[test]
fn of_several_articles_all_are_read() {
    let page = read("<body><article><p>First.</article><article><p>Second.</article>");
    assert_eq!(outline(&page), "0 \n  First.\n  Second.\n");
}

#[test]
fn furniture_is_told_by_roles_elements_and_class_words() {
    for furniture in [
        "<nav>X</nav>",
        "<footer>X</footer>",
        "<div role=navigation>X</div>",
        "<div role=search>X</div>",
        "<form>X</form>",
        "<label>X</label>",
        "<svg><title>X</title><text>X</text></svg>",
        "<template>X</template>",
        "<noscript>X</noscript>",
        "<p hidden>X</p>",
        "<p aria-hidden=true>X</p>",
        "<p style='display: none'>X</p>",
        "<p class='hidden'>X</p>",
        "<span class=sr-only>X</span>",
        "<a class=skip-link href='#c'>X</a>",
        "<div class='theme-doc-breadcrumbs'>X</div>",
        "<ul class=pagination><li>X</ul>",
        "<div class='toc'><a href='#a'>X</a></div>",
        "<div class='col sidebar_x1'><ul><li><a href=b>X</a></ul></div>",
        "<div aria-label='Page navigation'><a href=b>X</a></div>",
        "<p><a class=edit-this-page href=b>X</a></p>",
        "<div id=c class='cookie-consent'>X</div>",
        "<button>X</button>",
    ] {
        let page = read(&format!("<main><h1>Row</h1>{furniture}<p>{TEXT}</main>"));
        assert_eq!(outline(&page), format!("1 Row\n  {TEXT}\n"), "{furniture}");
    }
}

#[test]
fn what_only_sounds_like_furniture_is_kept() {
    for content in [
        "<aside class='admonition note'>X</aside>",
        "<aside>X</aside>",
        "<div class=toctree-wrapper><a href=b>X</a></div>",
        "<div class=sidebar>X is told at <a href=b>length</a> in a box beside the text.</div>",
        "<div role=tabpanel hidden>X</div>",
        "<p hidden=until-found>X</p>",
        "<p class='hidden md:block'>X</p>",
        "<blockquote>Y<footer>X</footer></blockquote>",
        "<section><header>X</header></section>",
        "<details><summary>X</summary></details>",
        "<h2 class='pagination'>X</h2>",
        "<ul><li><a href=b>X</a></ul>",
    ] {
        let page = read(&format!("<main><h1>Row</h1><p>{TEXT}{content}</main>"));
        assert!(text(&page).contains('X'), "{content} in {}", text(&page));
    }
}

#[test]
fn a_list_of_nothing_but_links_within_the_site_is_no_text() {
    let list = |item: &dyn Fn(usize) -> String| {
        let items: String = (0..8).map(item).collect();
        text(&read(&format!("<main><h1>Row</h1><p>{TEXT}<ul>{items}</ul></main>")))
    };
    assert!(!list(&|at| format!("<li><a href='{at}.html'>Page {at}</a>")).contains("Page"));
    let said = list(&|at| format!("<li><a href='{at}.html'>Page {at}</a> tells of oars"));
    let elsewhere = list(&|at| format!("<li><a href='https://example.org/{at}'>Page {at}</a>"));
    assert!(said.contains("Page 7 tells") && elsewhere.contains("Page 7"));
}

#[test]
fn a_class_on_everything_does_not_hide_everything() {
    let page = read(&format!("<body><div class='page-nav pagination'><h1>Row</h1><p>{TEXT}</div>"));
    assert!(text(&page).contains(TEXT));
}

#[test]
fn a_form_around_the_whole_page_is_gone_into() {
    let page = read(&format!("<form><h1>Row</h1><p>{TEXT}<input value=X></form>"));
    assert_eq!(outline(&page), format!("1 Row\n  {TEXT}\n"));
}

#[test]
fn a_header_that_names_the_page_is_content_and_one_that_names_the_site_is_not() {
    let page = |title: &str| {
        read(&format!(
            "<title>{title}</title><body><header><h1>Row</h1></header><h2>Oars</h2><p>{TEXT}"
        ))
    };
    assert_eq!(outline(&page("Row - Boats")), format!("1 Row\n2 Oars\n  {TEXT}\n"));
    assert_eq!(outline(&page("Oars - Row")), format!("2 Oars\n  {TEXT}\n"));
    assert_eq!(page("Oars - Row").title, "Oars");
}

#[test]
fn the_title_is_the_first_h1_else_what_is_left_of_title_without_the_site() {
    let title =
        |head: &str, body: &str| read(&format!("<title>{head}</title><main>{body}<p>{TEXT}")).title;
    assert_eq!(title("a", "<h1> </h1><h1>A &amp; <b>B</b></h1><h1>C</h1>"), "A & B");
    assert_eq!(title("Oars – Boats", "<h2>Oars</h2>"), "Oars");
    assert_eq!(title("Boats | Oars", "<h2>Oars</h2>"), "Oars");
    assert_eq!(title("Oars – Boats", "<h2>Oar</h2>"), "Oars – Boats");
    assert_eq!(title("", "<h2>Oars</h2>"), "Oars");
    assert_eq!(title("", ""), "page");
}

#[test]
fn a_site_name_that_stands_elsewhere_on_the_page_is_no_part_of_its_title() {
    let page = read(&format!(
        "<title>C - Keys - Boats</title><h1 class=menu>Boats</h1><main><h2>Keys</h2><p>{TEXT}"
    ));
    assert_eq!(page.title, "C - Keys");
}

#[test]
fn language_description_and_url_are_read() {
    let page = read(&format!(
        "<html lang=pt-BR><meta name=Description content=' Sobre  remos '><p>{TEXT}"
    ));
    assert_eq!(page.language.as_deref(), Some("pt-BR"));
    assert_eq!(page.meta["description"], ["Sobre remos"]);
    assert_eq!((page.id.as_str(), page.url.as_str()), ("guide/page.html", "/guide/page.html"));
    let index = parse(b"<p>x", "./guide/index.html", &HtmlOptions::default()).unwrap().unwrap();
    assert_eq!((index.id.as_str(), index.url.as_str()), ("guide/index.html", "/guide/"));
}

#[test]
fn pages_that_want_to_be_left_out_are() {
    let skip = |html: &str| match outcome(html) {
        Outcome::Skipped(skip) => skip,
        Outcome::Document(document) => panic!("not skipped: {document:?}"),
    };
    assert_eq!(skip("<meta name=robots content='nofollow, NoIndex'><p>x"), Skip::NoIndex);
    assert_eq!(skip("<meta http-equiv=Refresh content='0; URL=/new/'><p>moved"), Skip::Redirect);
    assert_eq!(skip("<title>App</title><div id=app></div><script>x</script>"), Skip::Empty);
    assert!(matches!(outcome("<meta http-equiv=refresh content=30><p>x"), Outcome::Document(_)));
}
