//! The page: what it is made of, and what a browser makes of it.

use super::sample::{CHECKS, report};
use super::{Format, written};
use crate::core::plan::Verdict;
use std::path::PathBuf;
use std::process::Command;

/// The tags of a page that is XML, too: each with its attributes, and how deep it stands.
///
/// Panics where an element is not closed, an attribute has no quotes, or a `<` or `&` stands for itself.
fn tags(page: &str) -> Vec<(String, usize)> {
    let body = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    let style = body.find("<style>").expect("a style")..body.find("</style>").expect("its end");
    let body = format!("{}<style>{}", &body[..style.start], &body[style.end..]);
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("the end of a tag");
        assert!(!text.contains('>'), "{text}");
        let is_reference = |rest: &str| {
            ["amp;", "lt;", "gt;", "quot;", "#39;", "#58;", "#35;"]
                .iter()
                .any(|reference| rest.starts_with(reference))
        };
        assert!(part.split('&').skip(1).all(is_reference), "{part}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name)),
            None => {
                let name = tag.split([' ', '/']).next().expect("a name");
                assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
                found.push((tag.to_owned(), open.len()));
                if !tag.ends_with('/') {
                    open.push(name.to_owned());
                }
            }
        }
    }
    assert_eq!(open, Vec::<String>::new());
    found
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()
}

#[test]
fn the_page_is_well_formed_and_needs_nothing_else() {
    let page = written(Format::Html);
    for (tag, _) in tags(&page) {
        for name in ["src", "srcset", "data", "action", "onload", "onclick", "poster", "style"] {
            assert_eq!(attribute(&tag, name), None, "{tag}");
        }
        let address = attribute(&tag, "href").or(attribute(&tag, "xlink:href"));
        assert!(address.is_none_or(|address| address.starts_with('#')), "{tag}");
        assert!(
            !["script", "link", "iframe", "object", "img"].iter().any(|name| tag.starts_with(name)),
            "{tag}"
        );
    }
    assert_eq!(page.matches("url(").count(), page.matches("url(#").count());
    assert!(!page.contains("@import") && !page.contains("@font-face"));
    assert!(page.contains(r#"content="default-src 'none'; style-src 'unsafe-inline'"#));
}

#[test]
fn every_check_is_on_the_page_and_every_link_leads_somewhere() {
    let page = written(Format::Html);
    let tags = tags(&page);
    let ids: Vec<&str> = tags.iter().filter_map(|(tag, _)| attribute(tag, "id")).collect();
    for check in &CHECKS {
        assert!(ids.contains(&format!("check-{}", check.id).as_str()), "{}", check.id);
    }
    assert!(ids.contains(&"failure-9") && ids.contains(&"failure-10") && !ids.contains(&"failure-7"));
    assert!(page.find("failure-9") < page.find("failure-10"), "what was contradicted comes first");
    assert!(page.find("id=\"failures\"") < page.find("<h2>Direct vLLM provider"));
    for address in tags.iter().filter_map(|(tag, _)| attribute(tag, "href")) {
        assert!(ids.contains(&address.trim_start_matches('#')), "{address}");
    }
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "an id stands twice: {ids:?}");
}

#[test]
fn a_bar_for_each_check_that_ran_lies_where_it_ran() {
    let page = written(Format::Html);
    let tags = tags(&page);
    let number = |tag: &str, name: &str| -> f64 {
        attribute(tag, name).and_then(|value| value.trim_end_matches('%').parse().ok()).expect("a number")
    };
    let bars: Vec<(&str, &str)> = tags
        .windows(3)
        .filter(|window| window[0].0.starts_with("g class=\"bar"))
        .map(|window| (attribute(&window[0].0, "data-check").expect("an id"), window[2].0.as_str()))
        .collect();
    let ids: Vec<&str> = bars.iter().map(|(id, _)| *id).collect();
    assert_eq!(
        ids,
        ["P1", "1a", "7", "9", "10", "V5", "X1", "X6"],
        "preconditions first, then by their start"
    );
    let report = report();
    let mut lowest = 0.0;
    for (id, rect) in bars {
        let item = report.items.iter().find(|item| item.check.id == id).expect("a check");
        let from = super::between(report.run.from, item.outcome.from);
        assert!((number(rect, "x") - from / 16.4 * 100.0).abs() < 0.01, "{rect}");
        assert!((number(rect, "width") - item.seconds() / 16.4 * 100.0).abs() < 0.01, "{rect}");
        assert!(number(rect, "y") > lowest, "{rect}");
        lowest = number(rect, "y");
    }
    assert!(page.contains("Skipped: 13"));
    for verdict in Verdict::ALL {
        let id = format!("fill-v-{}", verdict.word().to_lowercase());
        assert!(tags.iter().any(|(tag, _)| attribute(tag, "id") == Some(&id)), "{id}");
    }
}

/// What a browser says about the page in a window of this width: whether something is wider than the window, how many bars are
/// to be seen, whether one of their labels leaves the picture, and the contrast of the faintest text.
const QUESTIONS: &str = r#"<script>addEventListener("load", () => {
  const page = document.documentElement, picture = document.querySelector(".picture svg").getBoundingClientRect();
  const inside = box => box.left >= picture.left - 1 && box.right <= picture.right + 1;
  const light = color => {
    const part = value => { value /= 255; return value <= .03928 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4; };
    const [red, green, blue] = color.match(/[\d.]+/g).map(Number);
    return .2126 * part(red) + .7152 * part(green) + .0722 * part(blue);
  };
  const ground = node => {
    for (; node; node = node.parentElement) {
      const color = getComputedStyle(node).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") return color;
    }
    return "rgb(255, 255, 255)";
  };
  let faintest = 21, faint = "";
  for (const node of document.querySelectorAll("body *:not(title, desc, script)")) {
    if (![...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
    const style = getComputedStyle(node), ink = node.namespaceURI.endsWith("svg") ? style.fill : style.color;
    if (!ink.startsWith("rgb")) continue;
    const [one, other] = [light(ink), light(ground(node))].sort((a, b) => b - a);
    const contrast = (one + .05) / (other + .05);
    if (contrast < faintest) [faintest, faint] = [contrast, node.outerHTML.slice(0, 200)];
  }
  const bars = [...document.querySelectorAll(".bar .run")].map(bar => bar.getBoundingClientRect());
  const labels = [...document.querySelectorAll(".picture text")].map(label => label.getBoundingClientRect());
  parent.postMessage([
    "fits " + (page.scrollWidth <= page.clientWidth),
    "bars " + bars.filter(box => inside(box) && box.height > 8).length,
    "labels " + labels.every(inside),
    "contrast " + (faintest >= 4.5 || faintest + " of " + faint),
    "dark " + (light(getComputedStyle(document.body).backgroundColor) < .2),
    innerWidth + " pixels",
  ].join(", "), "*");
});</script>"#;

/// A page around the page, as narrow as is asked: a browser's own window has at least 500 pixels.
fn frame(page: &str, width: u32) -> String {
    format!(
        r#"<!DOCTYPE html><meta name="color-scheme" content="light dark"><body style="margin: 0">
        <script>addEventListener("message", event => document.body.dataset.answer = event.data);</script>
        <iframe src="{page}" style="border: 0; width: {width}px; height: 3000px"></iframe>"#
    )
}

/// A browser looks at the page, where the variable names one; CI installs Rust and Go and nothing else, so that there the tests
/// above have to do. With `AIRUNWAY_PICTURES` the page and what the browser shows of it stay in that directory.
#[test]
fn a_browser_shows_the_page_wide_and_narrow_light_and_dark() {
    let Some(chromium) = std::env::var_os("AIRUNWAY_CHROMIUM") else { return };
    let temporary = tempfile::tempdir().expect("a directory");
    let directory =
        std::env::var_os("AIRUNWAY_PICTURES").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let page = written(Format::Html);
    // The page forbids scripts; the copy that is asked allows the one with the questions.
    let asked = page
        .replace("default-src 'none'; ", "default-src 'none'; script-src 'unsafe-inline'; ")
        .replace("</main></body>", &format!("</main>{QUESTIONS}</body>"));
    let keep = |name: &str, text: &str| std::fs::write(directory.join(name), text).expect("written");
    keep("page.html", &page);
    keep("asked.html", &asked);
    for (width, dark) in [(1200, false), (1200, true), (400, false), (400, true)] {
        keep("frame.html", &frame("page.html", width));
        keep("questions.html", &frame("asked.html", width));
        let browser = |argument: &str, file: &str| {
            let output = Command::new(&chromium)
                .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
                .arg(format!("--user-data-dir={}", temporary.path().join("profile").display()))
                .arg(format!("--blink-settings=preferredColorScheme={}", i32::from(!dark)))
                .args([&format!("--window-size={width},3000"), "--virtual-time-budget=5000", argument])
                .arg(format!("file://{}", directory.join(file).display()))
                .output()
                .expect("a browser");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let dom = browser("--dump-dom", "questions.html");
        let answer = dom.split("data-answer=\"").nth(1).and_then(|rest| rest.split('"').next());
        let expected = format!("fits true, bars 8, labels true, contrast true, dark {dark}, {width} pixels");
        assert_eq!(answer, Some(expected.as_str()));
        let picture = directory.join(format!("{width}-{}.png", if dark { "dark" } else { "light" }));
        browser(&format!("--screenshot={}", picture.display()), "frame.html");
        assert!(picture.exists(), "no picture at {width} pixels");
    }
}
