(function () {
  "use strict";
  var root = document.getElementById("ID");
  if (!root) return;
  root.classList.add("ready");
  function all(selector) { return Array.prototype.slice.call(root.querySelectorAll(selector)); }

  // The table: a click on a title sorts by it, a second one turns the order, a third gives that of nesting back.
  var body = root.querySelector("tbody"), rows = Array.prototype.slice.call(body.rows);
  var heads = all("thead th"), sorted = -1, turned = false;
  heads.forEach(function (head, column) {
    head.onclick = function () {
      turned = sorted === column && !turned;
      sorted = sorted === column && !turned ? -1 : column;
      var key = function (row) { return +row.cells[column].dataset.v; };
      var order = rows.slice();
      if (sorted === 0) order.sort(function (a, b) { return a.cells[0].textContent.localeCompare(b.cells[0].textContent); });
      if (sorted > 0) order.sort(function (a, b) { return key(b) - key(a); });
      if (turned) order.reverse();
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      if (sorted >= 0) head.setAttribute("aria-sort", turned === (sorted === 0) ? "descending" : "ascending");
      order.forEach(function (row) {
        row.cells[0].style.paddingLeft = sorted < 0 ? row.dataset.indent : ".75em";
        body.appendChild(row);
      });
    };
  });

  // The flame graph: a click makes a path as wide as the whole.
  var bars = all(".flame div").map(function (bar) {
    return { element: bar, x: +bar.dataset.x, w: +bar.dataset.w, top: parseFloat(bar.style.top), name: bar.textContent };
  });
  var flame = root.querySelector(".flame"), flameNote = root.querySelector(".flame + .note");
  var resets = all(".reset"), flameReset = flame && resets.shift();
  function zoom(on) {
    flameReset.disabled = on === bars[0];
    bars.forEach(function (bar) {
      var left = Math.max((bar.x - on.x) / on.w, 0), right = Math.min((bar.x + bar.w - on.x) / on.w, 1);
      var isAround = bar.top < on.top;
      bar.element.style.display = right > left ? "" : "none";
      bar.element.classList.toggle("thin", right - left < 0.03);
      bar.element.style.left = 100 * left + "%";
      bar.element.style.width = 100 * (right - left) + "%";
      bar.element.classList.toggle("around", isAround);
    });
  }
  if (flame) {
    var help = flameNote.textContent;
    bars.forEach(function (bar) {
      bar.element.onclick = function () { zoom(bar); };
      bar.element.onmouseenter = function () { flameNote.textContent = bar.element.title; };
    });
    flame.onmouseleave = function () { flameNote.textContent = help; };
    flameReset.onclick = function () { zoom(bars[0]); };
  }

  // The search: lines that do not match go, bars fade. Times of regions inside of found ones are counted once.
  var box = root.querySelector("input"), found = root.querySelector(".found"), wanted = "";
  function matches(name) { return !wanted || name.toLowerCase().indexOf(wanted) >= 0; }
  var redraw = function () {};
  box.oninput = function () {
    wanted = box.value.trim().toLowerCase();
    var lines = 0, share = 0, covered = [];
    rows.forEach(function (row) {
      var isFound = matches(row.cells[0].textContent);
      lines += isFound;
      row.hidden = !isFound;
    });
    bars.forEach(function (bar) {
      var isFound = matches(bar.name);
      bar.element.classList.toggle("miss", !isFound);
      if (!isFound || covered.some(function (other) { return bar.x >= other[0] && bar.x < other[1]; })) return;
      covered.push([bar.x, bar.x + bar.w]);
      share += bar.w;
    });
    found.textContent = wanted ? lines + (lines === 1 ? " line" : " lines") + ", " + (100 * share).toFixed(1) + " % of the time" : "";
    redraw();
  };

  // The timeline: levels of detail, the finest of which has few enough spans in sight is drawn.
  var holder = root.querySelector(".timeline");
  if (!holder) return;
  var data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  var canvas = holder.querySelector("canvas"), note = root.querySelector(".timeline + .note"), noteHelp = note.textContent;
  var reset = resets[0];
  var ROW = 17, TITLE = 18, AXIS = 22;
  var height = AXIS, tops = [];
  data.tracks.forEach(function (track) { tops.push(height); height += TITLE + ROW * track.depth + 6; });
  var from = 0, until = data.length, queued = false;

  function time(ns) {
    var units = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];
    for (var i = 0; i < 4; i++) if (Math.abs(ns) >= units[i][1] || i === 3) return +(ns / units[i][1]).toPrecision(4) + " " + units[i][0];
  }
  // A time with as many digits as tell it from one that is a step away.
  function mark(ns, step) {
    var unit = step >= 1e8 ? ["s", 1e9] : step >= 1e5 ? ["ms", 1e6] : step >= 1e2 ? ["µs", 1e3] : ["ns", 1];
    var digits = Math.max(0, -Math.floor(Math.log10(step / unit[1])));
    return (ns / unit[1]).toFixed(digits) + " " + unit[0];
  }
  // A round number of nanoseconds: about as many as asked for.
  function round(ns) {
    var power = Math.pow(10, Math.floor(Math.log10(ns)));
    return power * (ns / power >= 5 ? 5 : ns / power >= 2 ? 2 : 1);
  }
  // The first span of a row that ends after a place. Spans are triples: start, length, region.
  function first(row, place) {
    var low = 0, high = row.length / 3;
    while (low < high) {
      var middle = (low + high) >> 1;
      if (row[3 * middle] + row[3 * middle + 1] > place) high = middle; else low = middle + 1;
    }
    return low;
  }
  function inSight(level) {
    var count = 0, a = from / level.width, b = until / level.width;
    level.tracks.forEach(function (rows) { rows.forEach(function (row) { count += first(row, b) - first(row, a); }); });
    return count;
  }
  function choose() {
    var best = data.levels[0];
    data.levels.forEach(function (level) { if (inSight(level) < 20000) best = level; });
    return best;
  }
  function draw() {
    queued = false;
    var width = canvas.clientWidth || 800, scale = window.devicePixelRatio || 1;
    canvas.width = width * scale; canvas.height = height * scale; canvas.style.height = height + "px";
    var context = canvas.getContext("2d");
    context.scale(scale, scale);
    var text = getComputedStyle(root).color, pixels = width / (until - from), drawn = 0;
    context.font = "12px system-ui, sans-serif"; context.textBaseline = "middle"; context.textAlign = "left";
    // Lines at round times, some hundred pixels from each other.
    var step = round(130 / pixels) || 1;
    for (var tick = Math.ceil(from / step) * step; tick < until; tick += step) {
      var at = (tick - from) * pixels;
      context.fillStyle = text; context.globalAlpha = 0.18;
      context.fillRect(at, 0, 1, height);
      context.globalAlpha = 0.85;
      if (at + 70 < width) context.fillText(mark(tick, step), at + 4, AXIS / 2);
    }
    var level = choose();
    data.tracks.forEach(function (track, index) {
      context.fillStyle = text; context.globalAlpha = 0.9;
      context.fillText(track.name, 4, tops[index] + TITLE / 2);
      level.tracks[index].forEach(function (row, depth) {
        var y = tops[index] + TITLE + ROW * depth;
        for (var i = 3 * first(row, from / level.width); i < row.length; i += 3) {
          var start = row[i] * level.width, x = (start - from) * pixels;
          if (start >= until) break;
          var left = Math.max(x, 0), right = Math.min(x + row[i + 1] * level.width * pixels, width);
          var name = data.regions[row[i + 2]];
          context.globalAlpha = matches(name) ? 1 : 0.18;
          context.fillStyle = "hsl(" + data.hues[row[i + 2]] + ",65%,72%)";
          context.fillRect(left, y, Math.max(right - left - (right - left > 3 ? 1 : 0), 0.7), ROW - 1);
          drawn++;
          if (right - left > 26) {
            context.save(); context.beginPath(); context.rect(left, y, right - left - 3, ROW); context.clip();
            context.fillStyle = "#111"; context.fillText(name, left + 4, y + ROW / 2);
            context.restore();
          }
        }
      });
    });
    context.globalAlpha = 1;
    reset.disabled = until - from >= data.length;
    canvas.dataset.spans = drawn;
    canvas.setAttribute("aria-label", "timeline from " + time(from) + " to " + time(until));
  }
  redraw = function () { if (!queued) { queued = true; requestAnimationFrame(draw); } };
  function look(a, b) {
    // No closer than what is known: a part of the finest level is some pixels wide.
    var closest = Math.max(20, 100 * data.levels[data.levels.length - 1].width);
    var span = Math.min(Math.max(b - a, closest), data.length);
    a -= (span - (b - a)) / 2;
    from = Math.min(Math.max(a, 0), data.length - span); until = from + span; redraw();
  }
  canvas.addEventListener("wheel", function (event) {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    var at = from + (until - from) * event.offsetX / canvas.clientWidth;
    var factor = Math.pow(1.002, event.deltaY || event.deltaX);
    look(at - (at - from) * factor, at + (until - at) * factor);
  }, { passive: false });
  // What is below the pointer: thread, region, from when to when.
  function under(event) {
    var level = choose(), at = (from + (until - from) * event.offsetX / canvas.clientWidth) / level.width, there = null;
    tops.forEach(function (top, index) {
      var depth = Math.floor((event.offsetY - top - TITLE) / ROW), row = level.tracks[index][depth];
      if (depth < 0 || !row) return;
      var i = 3 * first(row, at);
      if (i < row.length && row[i] <= at) there = { thread: data.tracks[index].name, region: data.regions[row[i + 2]],
        start: row[i] * level.width, length: row[i + 1] * level.width };
    });
    return there;
  }
  var drag = null;
  canvas.onpointerdown = function (event) { drag = [event.clientX, from, until]; canvas.setPointerCapture(event.pointerId); };
  canvas.onpointerup = function () { drag = null; };
  canvas.ondblclick = function (event) {
    var there = under(event);
    if (there) look(there.start - 0.05 * there.length, there.start + 1.05 * there.length); else look(0, data.length);
  };
  canvas.onpointermove = function (event) {
    if (drag) {
      var shift = (drag[0] - event.clientX) * (drag[2] - drag[1]) / canvas.clientWidth;
      return look(drag[1] + shift, drag[2] + shift);
    }
    var there = under(event);
    note.textContent = there ? there.region + " · " + time(there.length) + " · from " + time(there.start) + " · " + there.thread : noteHelp;
  };
  canvas.onpointerleave = function () { note.textContent = noteHelp; };
  reset.onclick = function () { look(0, data.length); };
  new ResizeObserver(redraw).observe(canvas);
  redraw();
})();
