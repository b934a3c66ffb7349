// What a page does wrong for readers who do not see it, or see little: a list of sentences. The rules are WCAG 2.1's.
(async () => {
  const wrong = [];
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const short = (e) => `<${e.tagName.toLowerCase()}> "${(e.textContent || e.alt || "").trim().slice(0, 40)}"`;
  if (!document.documentElement.lang) wrong.push("the page has no language");
  if (!document.title.trim()) wrong.push("the page has no title");
  if (all("main").length !== 1) wrong.push("the page has not one main part");

  const levels = all("h1,h2,h3,h4,h5,h6").map((h) => [Number(h.tagName[1]), h]);
  if (levels.filter(([l]) => l === 1).length !== 1) wrong.push("there is not one first heading");
  levels.forEach(([l, h], i) => {
    if (l > (i ? levels[i - 1][0] : 0) + 1) wrong.push(`${short(h)} skips a level`);
    if (!h.textContent.trim()) wrong.push("a heading is empty");
  });

  const ids = all("[id]").map((e) => e.id);
  ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => wrong.push(`the name ${id} is given twice`));
  for (const e of all("[aria-labelledby]")) if (!document.getElementById(e.getAttribute("aria-labelledby"))) wrong.push(`${short(e)} is labelled by nothing`);

  const skip = document.querySelector("body a");
  if (!skip || !(skip.getAttribute("href") || "").startsWith("#")) wrong.push("the first link does not skip to the content");
  for (const a of all("a")) {
    const href = a.getAttribute("href") || "";
    if (!a.textContent.trim()) wrong.push(`a link to ${href} has no text`);
    if (href.startsWith("#") && !document.getElementById(href.slice(1))) wrong.push(`${href} leads nowhere`);
  }

  for (const img of all("img")) {
    try { await img.decode(); } catch (e) { wrong.push(`the picture ${img.alt} cannot be decoded`); }
    if (!img.complete || !img.naturalWidth) wrong.push(`the picture ${img.alt} is missing`);
    if ((img.alt || "").length < 20) wrong.push(`a picture's text "${img.alt}" is too short to say what it shows`);
    if (!/\d/.test(img.alt)) wrong.push(`a picture's text "${img.alt}" tells no number`);
  }

  for (const table of all("table")) {
    if (!table.caption || !table.caption.textContent.trim()) wrong.push("a table has no caption");
    for (const th of all("th", table)) if (!["col", "row"].includes(th.scope)) wrong.push(`${short(th)} has no scope`);
    if (!all("thead th", table).length) wrong.push(`${short(table)} has no column headings`);
    const widths = new Set(all("tr", table).map((r) => r.cells.length));
    if (widths.size !== 1) wrong.push(`the rows of ${table.caption.textContent} differ in length`);
  }
  for (const e of all(".wide, .picture, pre")) if (e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0) wrong.push(`${short(e)} cannot be scrolled by keyboard`);

  // Contrast of text with what lies behind it.
  const parse = (c) => { const n = c.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = (e) => {
    const layers = [];
    for (let n = e; n; n = n.parentElement) layers.push(parse(getComputedStyle(n).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const luminance = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const e of all("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(e), ground = behind(e), ink = over(parse(style.color), ground);
    const [a, b] = [luminance(ink), luminance(ground)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) wrong.push(`${short(e)} has a contrast of ${ratio.toFixed(2)}`);
    if (size < 11) wrong.push(`${short(e)} is set in ${size} pixels`);
  }
  return wrong;
})()
