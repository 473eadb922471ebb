"use strict";
// What a page cannot do without a script: times as the reader's clock has them, keys, copying, and figures that keep up with what is
// counted. All of it reads the page; nothing is drawn here. A fresh page is fetched at the same address and its main part put in the
// place of the old one, when that takes nothing away from whoever is reading: no focus, no selection, no scrolled table.
(() => {
  const body = document.body;
  const main = () => document.getElementById("main");
  const fresh = () => document.querySelector(".fresh");

  // Times.
  const two = (number) => String(number).padStart(2, "0");
  function localTimes() {
    if (body.dataset.tz !== "local") return;
    for (const time of document.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      const offset = -at.getTimezoneOffset();
      const away = Math.abs(offset);
      const zone = "UTC" + (offset < 0 ? "\u2212" : "+") + two(Math.floor(away / 60)) + ":" + two(away % 60);
      const clock = two(at.getHours()) + ":" + two(at.getMinutes());
      const day = at.getFullYear() + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate());
      const whole = day + " " + clock + ":" + two(at.getSeconds()) + " " + zone;
      time.textContent = time.textContent.length < 12 ? clock : whole;
      time.title = time.dateTime;
    }
  }

  // Refresh.
  const every = { "30s": 30000, "5m": 300000 }[body.dataset.refresh];
  let busy = false, waits = false;

  // Whether somebody is in the middle of something that a swap would disturb.
  function isBusy() {
    const active = document.activeElement;
    const typing = active && main().contains(active) && active.matches("input,select,textarea,button");
    const selection = getSelection();
    const selected = selection && !selection.isCollapsed && main().contains(selection.anchorNode);
    return typing || selected || document.querySelector("details.range[open], dialog[open]");
  }

  // How to find the element that has the focus in another copy of the page: what leads to the same, counted.
  function placeOf(element) {
    if (!element || element === main() || !main().contains(element)) return null;
    const alike = (root) => [...root.querySelectorAll(element.tagName)].filter((one) =>
      one.getAttribute("href")?.split("?")[0] === element.getAttribute("href")?.split("?")[0] &&
      one.getAttribute("aria-label") === element.getAttribute("aria-label") && (element.hasAttribute("href") || one.textContent === element.textContent));
    const at = alike(main()).indexOf(element);
    return (root) => alike(root)[at];
  }

  function swap(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = page.getElementById("main");
    if (!next) return false;
    const now = main();
    const focus = placeOf(document.activeElement);
    const open = [...now.querySelectorAll("details[open][id]")].map((one) => one.id);
    const scrolled = [...now.querySelectorAll(".wide")].map((one) => one.scrollLeft);
    const [x, y] = [scrollX, scrollY];
    for (const id of open) next.querySelector("#" + CSS.escape(id))?.setAttribute("open", "");
    now.replaceChildren(...next.childNodes);
    now.querySelectorAll(".wide").forEach((one, at) => { one.scrollLeft = scrolled[at] || 0; });
    focus?.(now)?.focus({ preventScroll: true });
    for (const part of ["footer", "header nav"]) {
      const [old, other] = [document.querySelector(part), page.querySelector(part)];
      if (old && other && !old.contains(document.activeElement)) old.replaceChildren(...other.childNodes);
    }
    document.title = page.title;
    scrollTo(x, y);
    localTimes();
    listen();
    return true;
  }

  async function refresh(asked) {
    if (busy) return;
    if (!asked && (document.hidden || isBusy())) { waits = true; return; }
    busy = true; waits = false;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
      if (answer.ok || answer.status === 400 || answer.status === 404) swap(await answer.text());
      away(false);
    } catch { away(true); } finally { busy = false; }
  }

  // Says since when the server cannot be reached, so that old figures are not taken for new ones.
  let since = null;
  function away(is) {
    since = is ? since || new Date() : null;
    const word = fresh();
    if (!word) return;
    word.dataset.told ||= word.textContent;
    word.textContent = is ? "no answer since " + two(since.getHours()) + ":" + two(since.getMinutes()) : word.dataset.told;
    word.classList.toggle("away", is);
  }

  const again = () => { if (waits && !document.hidden && !isBusy()) refresh(false); };
  document.addEventListener("visibilitychange", again);
  if (every) setInterval(() => refresh(false), every);
  if (body.dataset.refresh !== "off") setInterval(again, 2000);
  // Live: the server says when something was counted. It ends a stream that nobody sees.
  let stream = null, last = 0, opened = 0;
  function live() {
    const wanted = body.dataset.refresh === "live" && !document.hidden;
    if (!wanted) { stream?.close(); stream = null; return; }
    if (stream) return;
    stream = new EventSource("/api/v1/live");
    stream.addEventListener("counted", () => {
      if (Date.now() - last < 2000) return;
      last = Date.now();
      refresh(false);
    });
    stream.addEventListener("open", () => { away(false); if (opened++) refresh(false); });
    stream.addEventListener("error", () => { if (stream?.readyState !== EventSource.OPEN) away(true); });
  }
  document.addEventListener("visibilitychange", live);
  addEventListener("pagehide", () => { stream?.close(); stream = null; });
  addEventListener("pageshow", live);

  // Keys and clicks.
  function listen() {
    const frozen = document.getElementById("frozen");
    if (frozen && !frozen.dataset.copies && navigator.clipboard) {
      frozen.dataset.copies = "1";
      const told = frozen.textContent = "Copy absolute link";
      frozen.addEventListener("click", async (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        try { await navigator.clipboard.writeText(frozen.href); frozen.textContent = "Copied"; }
        catch { location.href = frozen.href; }
        setTimeout(() => { frozen.textContent = told; }, 2000);
      });
    }
  }

  const help = () => { const dialog = document.getElementById("help"); if (dialog && !dialog.open) dialog.showModal(); };
  let first = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const range = document.getElementById("range");
    if (event.key === "Escape" && range?.open) { range.open = false; range.querySelector("summary").focus(); return; }
    if (event.target.matches("input,select,textarea") || document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      const search = document.getElementById("search");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "r") refresh(true);
    else if (event.key === "?") help();
    else if (event.key === "g") first = Date.now();
    else if (Date.now() - first < 1500) {
      const at = { b: 0, h: 1, i: 2, m: 3 }[event.key];
      if (at !== undefined) document.querySelectorAll("header nav a")[at]?.click();
    }
  });
  document.addEventListener("click", (event) => {
    const range = document.getElementById("range");
    if (range?.open && !range.contains(event.target)) range.open = false;
    if (event.target.closest?.("[data-key=r]")) { event.preventDefault(); refresh(true); }
  });

  localTimes();
  listen();
  live();
})();
