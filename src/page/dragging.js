
// Pictures of time: dragging over one asks why it was like that then, and ticks tell the time that the reader's clock has.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const main = document.getElementById("main");
  const two = (number) => String(number).padStart(2, "0");
  let drag = null;

  // Where the pointer is: in units of the picture, and in milliseconds.
  function at(svg, x) {
    const [box, { from, to, left, right }] = [svg.getBoundingClientRect(), svg.dataset];
    const unit = (x - box.left) * svg.viewBox.baseVal.width / box.width;
    const part = Math.min(Math.max((unit - left) / (right - left), 0), 1);
    return { unit: +left + part * (right - left), ms: Math.round(+from + part * (to - from)) };
  }

  function stop() {
    drag?.mark.remove();
    drag = null;
  }

  addEventListener("pointerdown", (event) => {
    const svg = event.button === 0 && event.pointerType !== "touch" && event.target.closest?.("svg.time[data-from]");
    if (!svg || !document.querySelector('a[href*="/explain"]')) return;
    const mark = svg.appendChild(document.createElementNS(SVG, "rect"));
    mark.setAttribute("class", "picked");
    mark.setAttribute("height", svg.viewBox.baseVal.height);
    drag = { svg, mark, from: at(svg, event.clientX) };
    event.preventDefault();
  });

  addEventListener("pointermove", (event) => {
    if (!drag) return;
    const now = at(drag.svg, event.clientX);
    drag.mark.setAttribute("x", Math.min(now.unit, drag.from.unit));
    drag.mark.setAttribute("width", Math.abs(now.unit - drag.from.unit));
  });

  addEventListener("pointerup", (event) => {
    if (!drag) return;
    const [from, now, link] = [drag.from, at(drag.svg, event.clientX), document.querySelector('a[href*="/explain"]')];
    stop();
    if (!link || Math.abs(now.unit - from.unit) < 8) return;
    const [address, kept] = [new URL(link.href), new URL(location.href).searchParams];
    address.search = "";
    address.searchParams.set("from", new Date(Math.min(from.ms, now.ms)).toISOString());
    address.searchParams.set("to", new Date(Math.max(from.ms, now.ms)).toISOString());
    if (kept.get("tz")) address.searchParams.set("tz", kept.get("tz"));
    location.assign(address);
  });

  addEventListener("pointercancel", stop);
  addEventListener("keydown", (event) => { if (event.key === "Escape") stop(); });

  function ticks() {
    if (document.body.dataset.tz !== "local") return;
    for (const tick of document.querySelectorAll("text[data-at]")) {
      const [clock, seconds] = [tick.textContent.includes(":"), tick.textContent.split(":").length > 2];
      const then = new Date(+tick.dataset.at);
      if (clock) tick.textContent = two(then.getHours()) + ":" + two(then.getMinutes()) + (seconds ? ":" + two(then.getSeconds()) : "");
    }
  }
  ticks();
  if (main) new MutationObserver(ticks).observe(main, { childList: true });
})();
