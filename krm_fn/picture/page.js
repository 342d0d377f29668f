"use strict";
(function () {
  const picture = document.getElementById("picture");
  const drawing = picture.querySelector("svg");
  const search = document.getElementById("search");
  const fit = document.getElementById("fit");
  const count = document.getElementById("count");
  const rows = Array.from(document.querySelectorAll("#ways tr"));
  const boxes = Array.from(document.querySelectorAll("[data-status][type=checkbox]"));
  const ways = (element) => (element.dataset.w || "").split(" ").filter(Boolean);
  const marked = Array.from(drawing.querySelectorAll("[data-w]")).map((element) => ({ element, ways: ways(element) }));
  const text = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  let pinned = null;

  // Only what belongs to these ways stands out; null: everything does.
  function light(wanted, also) {
    drawing.classList.toggle("dim", wanted !== null);
    for (const { element, ways } of marked) {
      element.classList.toggle("on", wanted !== null && (element === also || ways.some((way) => wanted.has(way))));
    }
  }

  // The ways that the search and the boxes let through; null: all.
  function filtered() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hidden = new Set(boxes.filter((box) => !box.checked).map((box) => box.dataset.status));
    const left = new Set();
    for (const row of rows) {
      const shows = !hidden.has(row.dataset.status) && words.every((word) => text.get(row).includes(word));
      row.hidden = !shows;
      if (shows) left.add(row.dataset.w);
    }
    count.textContent = left.size === rows.length ? "" : left.size + " of " + rows.length;
    return left.size === rows.length ? null : left;
  }

  function show() {
    for (const row of rows) row.classList.toggle("pinned", pinned !== null && pinned.ways.has(row.dataset.w));
    const left = filtered();
    if (pinned !== null) light(pinned.ways, pinned.element);
    else light(left, null);
  }

  function pin(element) {
    pinned = pinned !== null && pinned.element === element ? null : { element, ways: new Set(ways(element)) };
    show();
  }

  function hover(element) {
    if (pinned === null) light(new Set(ways(element)), element);
  }

  for (const { element } of marked) {
    element.addEventListener("mouseenter", () => hover(element));
    element.addEventListener("mouseleave", show);
    element.addEventListener("click", (event) => { event.stopPropagation(); pin(element); });
  }
  for (const row of rows) {
    row.addEventListener("mouseenter", () => hover(row));
    row.addEventListener("mouseleave", show);
    row.addEventListener("click", () => pin(row));
    row.addEventListener("keydown", (event) => { if (event.key === "Enter") pin(row); });
  }
  drawing.addEventListener("click", () => { pinned = null; show(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { pinned = null; show(); } });
  search.addEventListener("input", () => {
    pinned = null;
    show();
    const first = search.value ? drawing.querySelector(".node.route.on") : null;
    if (first) first.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  for (const box of boxes) box.addEventListener("change", show);
  fit.addEventListener("click", () => {
    fit.setAttribute("aria-pressed", String(picture.classList.toggle("fit")));
  });
  picture.classList.add("fit");
  show();
})();
