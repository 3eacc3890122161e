(function () {
  "use strict";
  var root = document.getElementById("ID");
  if (!root) return;

  // The table: a click on a title sorts by it, a second one gives the order of nesting back.
  var body = root.querySelector("tbody");
  var rows = Array.prototype.slice.call(body.rows);
  var sorted = -1;
  Array.prototype.forEach.call(root.querySelectorAll("thead th"), function (head, column) {
    head.onclick = function () {
      var order = rows.slice();
      sorted = sorted === column ? -1 : column;
      var key = function (row) { return row.cells[column].dataset.v; };
      if (sorted === 0) order.sort(function (a, b) { return a.cells[0].textContent.localeCompare(b.cells[0].textContent); });
      if (sorted > 0) order.sort(function (a, b) { return key(b) - key(a); });
      order.forEach(function (row) {
        row.cells[0].style.paddingLeft = sorted < 0 ? row.dataset.indent : ".5em";
        body.appendChild(row);
      });
    };
  });

  // The flame graph: a click makes a path as wide as the whole.
  var bars = Array.prototype.slice.call(root.querySelectorAll(".flame div"));
  bars.forEach(function (bar) {
    bar.onclick = function () {
      var from = +bar.dataset.x, width = +bar.dataset.w;
      bars.forEach(function (other) {
        var x = (other.dataset.x - from) / width, w = other.dataset.w / width;
        var left = Math.max(x, 0), right = Math.min(x + w, 1);
        other.style.display = right - left > 0.0005 ? "" : "none";
        other.style.left = 100 * left + "%";
        other.style.width = 100 * (right - left) + "%";
      });
    };
  });

  // The timeline: levels of detail, the finest of which has few enough spans in sight is drawn.
  var holder = root.querySelector(".timeline");
  if (!holder) return;
  var data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  var canvas = holder.querySelector("canvas"), note = root.querySelector(".timeline + .note");
  var ROW = 14, TITLE = 16, AXIS = 18;
  var height = AXIS, tops = [];
  data.tracks.forEach(function (track) { tops.push(height); height += TITLE + ROW * track.depth + 4; });
  var from = 0, until = data.length, queued = false;

  function color(region) { return "hsl(" + (region * 137.508) % 360 + ",65%,70%)"; }
  function time(ns) {
    var units = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];
    for (var i = 0; i < 4; i++) if (Math.abs(ns) >= units[i][1] || i === 3) return +(ns / units[i][1]).toPrecision(4) + " " + units[i][0];
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
    var text = getComputedStyle(root).color, pixels = width / (until - from);
    context.font = "11px system-ui, sans-serif"; context.textBaseline = "middle";
    context.fillStyle = text;
    for (var tick = 0; tick < 5; tick++) {
      context.textAlign = tick === 0 ? "left" : tick === 4 ? "right" : "center";
      context.fillText(time(from + (until - from) * tick / 4), width * tick / 4, AXIS / 2);
    }
    context.textAlign = "left";
    var level = choose();
    data.tracks.forEach(function (track, index) {
      context.fillStyle = text;
      context.fillText(track.name, 2, tops[index] + TITLE / 2);
      level.tracks[index].forEach(function (row, depth) {
        var y = tops[index] + TITLE + ROW * depth;
        for (var i = 3 * first(row, from / level.width); i < row.length; i += 3) {
          var start = row[i] * level.width, x = (start - from) * pixels;
          if (start >= until) break;
          var left = Math.max(x, 0), right = Math.min(x + row[i + 1] * level.width * pixels, width);
          context.fillStyle = color(row[i + 2]);
          context.fillRect(left, y, Math.max(right - left, 0.7), ROW - 1);
          if (right - left > 30) {
            context.save(); context.beginPath(); context.rect(left, y, right - left - 2, ROW); context.clip();
            context.fillStyle = "#000"; context.fillText(data.regions[row[i + 2]], left + 3, y + ROW / 2);
            context.restore();
          }
        }
      });
    });
  }
  function redraw() { if (!queued) { queued = true; requestAnimationFrame(draw); } }
  function look(a, b) {
    var span = Math.min(Math.max(b - a, 20), data.length);
    from = Math.min(Math.max(a, 0), data.length - span); until = from + span; redraw();
  }
  canvas.addEventListener("wheel", function (event) {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    var at = from + (until - from) * event.offsetX / canvas.clientWidth;
    var factor = Math.pow(1.002, event.deltaY || event.deltaX);
    look(at - (at - from) * factor, at + (until - at) * factor);
  }, { passive: false });
  var drag = null;
  canvas.onpointerdown = function (event) { drag = [event.clientX, from, until]; canvas.setPointerCapture(event.pointerId); };
  canvas.onpointerup = function () { drag = null; };
  canvas.ondblclick = function () { look(0, data.length); };
  canvas.onpointermove = function (event) {
    if (drag) {
      var shift = (drag[0] - event.clientX) * (drag[2] - drag[1]) / canvas.clientWidth;
      return look(drag[1] + shift, drag[2] + shift);
    }
    var level = choose(), at = (from + (until - from) * event.offsetX / canvas.clientWidth) / level.width, said = "";
    tops.forEach(function (top, index) {
      var depth = Math.floor((event.offsetY - top - TITLE) / ROW), row = level.tracks[index][depth];
      if (depth < 0 || !row) return;
      var i = 3 * first(row, at);
      if (i < row.length && row[i] <= at) said = data.regions[row[i + 2]] + " · " + time(row[i + 1] * level.width);
    });
    note.textContent = said || data.help;
  };
  new ResizeObserver(redraw).observe(canvas);
  redraw();
})();
