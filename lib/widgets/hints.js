// The page's half of lib/widgets/hints.py: draws the photograph and its hints, and turns pointer and keys into hints.
// It knows nothing about color: all colors come from Python, or are read from pictures that Python sent.

const KEYS = [
  ["click", "set a hint"], ["drag", "move it"], ["right-click or Delete", "remove it"], ["Ctrl-Z", "undo"],
  ["D / B", "dot or brush"], ["1 to 8", "take a likely color"], ["[ ]", "size"], ["arrows", "move the cross or the hint"],
  ["Enter", "set or choose at the cross"], ["N", "next hint"], ["Esc", "let go"], ["H", "where a hint helps"],
];
const SIDE = 161; // px of the plane of all colors, as Python sends it
const PAGE = `<div class="hints-page">
  <div class="hints-tools" role="toolbar" aria-label="tools">
    <span class="hints-group"><button data-do="dot">Dot</button><button data-do="brush">Brush</button></span>
    <label>size <input type="range" min="0.005" max="0.1" step="0.001"></label>
    <button data-do="undo">Undo</button><button data-do="remove">Remove</button>
    <button data-do="help">Where a hint helps</button>
    <span class="hints-space"></span><button data-do="save" class="hints-save">Save</button>
  </div>
  <div><canvas class="hints-photograph" tabindex="0" role="application"></canvas>
    <p class="hints-message" role="status"></p></div>
  <div class="hints-side">
    <div><p class="hints-title">Likely here</p><div class="hints-swatches"></div></div>
    <div><p class="hints-title">All colors of this brightness</p>
      <canvas class="hints-plane" width="${SIDE}" height="${SIDE}" tabindex="0" role="application"
        aria-label="all colors of this brightness; the arrows choose one"></canvas></div>
    <div><p class="hints-title">In use</p><div class="hints-used"></div></div>
    <label class="hints-keep"><input type="checkbox"><i></i><span>next hints in this color</span></label>
  </div>
  <p class="hints-keys">${KEYS.map(([key, what]) => `<span><kbd>${key}</kbd> ${what}</span>`).join("")}</p>
</div>`;
const HIGHEST = 560; // px of the page that a photograph takes at most
const STEP = 0.02, FINE = 0.004; // of the shorter side, by an arrow key, and with Shift
const PATIENCE = 3000; // ms to wait for Python's answer before the next change is sent all the same
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const copy = (value) => JSON.parse(JSON.stringify(value));
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const clamp = (value) => Math.min(1, Math.max(0, value));
const hex = (rgb) => "#" + [...rgb].slice(0, 3).map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
const bitmap = (bytes, type) => createImageBitmap(new Blob([bytes], { type }));

class HintsCanvas {
  constructor(model, el) {
    Object.assign(this, { model, tool: "dot", radius: 0.012, selected: -1, cross: [0.5, 0.5], past: [], drag: null });
    Object.assign(this, { chosen: null, photo: null, heat: null, waiting: false, again: false, toSave: false, atKeys: false });
    this.hints = copy(model.get("hints"));
    this.sent = copy(this.hints);
    el.classList.add("hints");
    el.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take Delete, Z and B for its cells
    el.innerHTML = PAGE;
    const find = (name) => el.querySelector(name);
    Object.assign(this, { el, canvas: find(".hints-photograph"), plane: find(".hints-plane") });
    Object.assign(this, { size: find("input[type=range]"), keep: find("input[type=checkbox]") });
    this.canvas.setAttribute("aria-label", `${model.get("name")}: the photograph; the arrows move a cross, Enter sets a hint`);
    this.colors = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true }); // the plane as sent
    this.size.value = this.radius;
    this.listenToModel();
    this.listenToPage();
    this.showPicture();
    this.showHeat();
    this.showPlane();
    this.refresh();
  }

  // --- Python

  listenToModel() {
    const changes = {
      picture: () => this.showPicture(), suggested: () => this.refresh(), all_colors: () => this.showPlane(),
      drawn: () => this.onDrawn(), hints: () => this.onHints(), usefulness: () => this.showHeat(),
      best_place: () => (this.say(this.model.get("message")), this.paint()), shows_usefulness: () => this.refresh(),
      message: () => this.say(this.model.get("message")),
    };
    for (const [name, act] of Object.entries(changes)) this.model.on(`change:${name}`, act);
    this.close = () => {
      for (const [name, act] of Object.entries(changes)) this.model.off(`change:${name}`, act);
      this.observer.disconnect();
    };
    this.say(this.model.get("message") || "Click a place to pin the color that it has, then choose another.");
  }

  // One change is under way at a time. What happens meanwhile is sent as one, when Python has drawn.
  send() {
    this.refresh();
    if (this.waiting) return void (this.again = true);
    const dragging = Boolean(this.drag?.moved);
    if (same(this.hints, this.sent) && dragging === this.model.get("is_dragging")) return;
    if (!same(this.hints, this.sent)) {
      this.waiting = true;
      this.patience = setTimeout(() => this.onDrawn(), PATIENCE);
    }
    this.sent = copy(this.hints);
    this.model.set("is_dragging", dragging);
    this.model.set("hints", copy(this.hints));
    this.model.save_changes();
  }

  onDrawn() {
    clearTimeout(this.patience);
    this.waiting = false;
    if (this.again) {
      this.again = false;
      this.send();
    }
    if (this.toSave && !this.waiting) this.model.send("save");
    this.toSave &&= this.waiting;
  }

  onHints() {
    const hints = this.model.get("hints");
    if (same(hints, this.sent)) return; // its own
    this.past.push(this.hints);
    this.hints = copy(hints);
    this.sent = copy(hints);
    this.select(-1);
  }

  ask(point) {
    this.model.set("place", copy(point));
    this.model.save_changes();
  }

  async showPicture() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const picture = await bitmap(this.model.get("picture"), "image/jpeg");
    if (turn !== this.turn) return; // a later one is already there
    const photo = new OffscreenCanvas(picture.width, picture.height).getContext("2d", { willReadFrequently: true });
    photo.drawImage(picture, 0, 0);
    const first = !this.photo;
    this.photo = photo.canvas;
    this.pixels = photo;
    if (first) this.layOut();
    else this.paint();
  }

  async showHeat() {
    if (this.model.get("usefulness").byteLength) this.heat = await bitmap(this.model.get("usefulness"), "image/png");
    this.paint();
  }

  async showPlane() {
    if (!this.model.get("all_colors").byteLength) return;
    const picture = await bitmap(this.model.get("all_colors"), "image/png");
    this.colors.clearRect(0, 0, SIDE, SIDE);
    this.colors.drawImage(picture, 0, 0);
    this.gray = grayest(this.colors.getImageData(0, 0, SIDE, SIDE).data);
    this.paintPlane();
  }

  // --- hints

  remember() {
    this.past.push(copy(this.hints));
  }

  undo() {
    if (!this.past.length) return;
    this.hints = this.past.pop();
    this.select(-1);
    this.send();
  }

  select(index) {
    this.selected = index;
    const hint = this.hints[index];
    if (hint) {
      this.radius = this.size.value = hint.radius;
      this.ask(hint.points[Math.floor(hint.points.length / 2)]);
    }
    this.refresh();
  }

  add(point) {
    this.remember();
    const color = this.keep.checked && this.chosen ? this.chosen : this.colorAt(point);
    this.hints.push({ points: [point], radius: this.radius, color });
    this.select(this.hints.length - 1);
  }

  remove(index) {
    if (!this.hints[index]) return;
    this.remember();
    this.hints.splice(index, 1);
    this.select(-1);
    this.send();
  }

  move(hint, from, dx, dy) {
    for (const [axis, by] of [[0, dx], [1, dy]]) {
      const along = from.map((point) => point[axis]);
      const most = Math.min(1 - Math.max(...along), Math.max(-Math.min(...along), by)); // the whole stroke stays inside
      hint.points.forEach((point, number) => (point[axis] = clamp(from[number][axis] + most)));
    }
  }

  pick(color, remember = true) {
    this.chosen = color;
    const hint = this.hints[this.selected];
    if (hint && hint.color !== color) {
      if (remember) this.remember();
      hint.color = color;
      this.send();
    }
    this.refresh();
  }

  resize(radius) {
    this.radius = Math.min(0.1, Math.max(0.005, radius));
    this.size.value = this.radius;
    const hint = this.hints[this.selected];
    if (hint) {
      this.remember();
      hint.radius = this.radius;
      this.send();
    }
  }

  colorAt([x, y]) {
    const { width, height } = this.photo;
    const [left, top] = [Math.min(width - 3, Math.floor(x * width)), Math.min(height - 3, Math.floor(y * height))];
    const around = this.pixels.getImageData(Math.max(0, left - 1), Math.max(0, top - 1), 3, 3).data;
    const mean = [0, 0, 0].map((_, part) => [...around].filter((_, i) => i % 4 === part).reduce((a, b) => a + b) / 9);
    return hex(mean);
  }

  // --- pointer and keys

  listenToPage() {
    this.observer = new ResizeObserver(() => this.layOut());
    this.observer.observe(this.canvas.parentElement);
    this.el.addEventListener("click", (event) => this.onButton(event.target.closest("button")));
    this.el.addEventListener("keydown", (event) => {
      if (!event.target.matches("input")) this.onKey(event);
      event.stopPropagation();
    });
    const on = (canvas, name, act) => canvas.addEventListener(name, (event) => act(event));
    on(this.canvas, "pointerdown", (event) => this.onPress(event));
    on(this.canvas, "pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) on(this.canvas, name, () => this.onRelease());
    on(this.canvas, "pointerleave", () => this.hover(null));
    on(this.canvas, "contextmenu", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.remove(this.hit(this.pointOf(event)));
    });
    for (const name of ["focus", "blur"]) on(this.canvas, name, () => this.paint());
    this.size.addEventListener("change", () => this.resize(Number(this.size.value)));
    this.keep.addEventListener("change", () => this.refresh());
    on(this.plane, "pointerdown", (event) => {
      this.plane.setPointerCapture(event.pointerId);
      if (this.hints[this.selected]) this.remember();
      this.pickFromPlane(event.offsetX, event.offsetY);
    });
    on(this.plane, "pointermove", (event) => event.buttons && this.pickFromPlane(event.offsetX, event.offsetY));
    on(this.plane, "keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow || !this.mark) return;
      event.preventDefault();
      if (this.hints[this.selected]) this.remember();
      this.pickFromPlane(this.mark[0] + 4 * arrow[0], this.mark[1] + 4 * arrow[1]);
    });
  }

  onButton(button) {
    const acts = {
      dot: () => (this.tool = "dot"), brush: () => (this.tool = "brush"), undo: () => this.undo(),
      remove: () => this.remove(this.selected), help: () => this.toggleHelp(), save: () => this.save(),
    };
    if (button?.dataset.color) this.pick(button.dataset.color);
    else if (button) acts[button.dataset.do]();
    this.refresh();
  }

  onPress(event) {
    if (event.button !== 0 || !this.photo) return;
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    const point = this.pointOf(event);
    this.atKeys = false;
    this.cross = point;
    const index = this.tool === "dot" ? this.hit(point) : -1;
    if (index >= 0) this.select(index);
    else this.add(point);
    const hint = this.hints[this.selected];
    const kind = this.tool === "brush" ? "stroke" : "move";
    this.drag = { kind, hint, point, from: copy(hint.points), moved: false, isNew: index < 0 };
    if (index < 0) this.send();
  }

  onMove(event) {
    const point = this.pointOf(event), drag = this.drag;
    if (!drag) return this.hover(point);
    const [dx, dy] = [point[0] - drag.point[0], point[1] - drag.point[1]];
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (Math.hypot(dx * width, dy * height) < 4 && (drag.kind === "stroke" || !drag.moved)) return;
    if (!drag.moved && !drag.isNew) this.remember();
    drag.moved = true;
    if (drag.kind === "move") this.move(drag.hint, drag.from, dx, dy);
    else {
      drag.hint.points.push(point);
      drag.point = point; // the next part of the stroke is measured from here
    }
    this.send();
  }

  onRelease() {
    const drag = this.drag;
    this.drag = null;
    if (!drag?.moved) return;
    this.select(this.selected);
    this.send();
  }

  hover(point) {
    this.pointer = point;
    this.canvas.style.cursor = this.tool === "dot" && point && this.hit(point) >= 0 ? "grab" : "crosshair";
    if (this.tool === "brush") this.paint();
  }

  onKey(event) {
    const arrow = ARROWS[event.key], key = event.key.toLowerCase();
    const inPicture = event.target === this.canvas;
    const swatch = /^[1-9]$/.test(key) ? this.model.get("suggested")[Number(key) - 1] : null;
    const acts = {
      delete: () => this.remove(this.selected), backspace: () => this.remove(this.selected),
      d: () => (this.tool = "dot"), b: () => (this.tool = "brush"), h: () => this.toggleHelp(),
      n: () => this.hints.length && this.select((this.selected + 1) % this.hints.length),
      "[": () => this.resize(this.radius / 1.25), "]": () => this.resize(this.radius * 1.25),
      escape: () => this.select(-1),
    };
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z") return;
      this.undo();
    } else if (event.altKey) return;
    else if (swatch) this.pick(swatch.color);
    else if (acts[key]) acts[key]();
    else if (arrow && inPicture) this.onArrow(arrow, event.shiftKey ? FINE : STEP);
    else if ((key === "enter" || key === " ") && inPicture) this.onEnter();
    else return;
    event.preventDefault();
    this.refresh();
  }

  onArrow([dx, dy], step) {
    const { width, height } = this.photo, shorter = Math.min(width, height);
    const [byX, byY] = [(dx * step * shorter) / width, (dy * step * shorter) / height];
    const hint = this.hints[this.selected];
    this.atKeys = true;
    if (!hint) {
      this.cross = [clamp(this.cross[0] + byX), clamp(this.cross[1] + byY)];
      return;
    }
    this.remember();
    this.move(hint, copy(hint.points), byX, byY);
    this.cross = copy(hint.points[0]);
    this.select(this.selected);
    this.send();
  }

  onEnter() {
    this.atKeys = true;
    const index = this.hit(this.cross);
    if (index >= 0) return this.select(index);
    this.add(copy(this.cross));
    this.send();
  }

  toggleHelp() {
    const on = !this.model.get("shows_usefulness");
    this.model.set("shows_usefulness", on);
    this.model.save_changes();
    this.say(on ? "Computing where a hint helps most …" : "");
    this.paint();
  }

  save() {
    this.say("Saving …");
    if (this.waiting) this.toSave = true; // Python does not have the last change yet
    else this.model.send("save");
  }

  pickFromPlane(x, y) {
    if (!this.gray) return;
    const pixels = this.colors.getImageData(0, 0, SIDE, SIDE).data;
    for (let part = 1; part >= 0; part -= 0.01) { // from outside straight toward gray, to the border of the colors
      const [column, row] = [x, y].map((at, axis) => {
        const gray = this.gray[axis];
        return Math.min(SIDE - 1, Math.max(0, Math.round(gray + part * (at - gray))));
      });
      const start = 4 * (SIDE * row + column);
      if (!pixels[start + 3]) continue;
      this.mark = [column, row];
      this.pick(hex(pixels.subarray(start, start + 3)), false);
      return this.paintPlane();
    }
  }

  // --- places

  pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
  }

  // The number of the uppermost hint under a point, or -1.
  hit([x, y]) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    for (let index = this.hints.length - 1; index >= 0; index--) {
      const { points, radius } = this.hints[index];
      const reach = Math.max(10, radius * Math.min(width, height));
      for (let i = 0; i < points.length; i++) {
        const [ax, ay] = points[Math.max(0, i - 1)].map((part, axis) => part * (axis ? height : width));
        const [bx, by] = points[i].map((part, axis) => part * (axis ? height : width));
        const length = (bx - ax) ** 2 + (by - ay) ** 2;
        const along = length ? clamp(((x * width - ax) * (bx - ax) + (y * height - ay) * (by - ay)) / length) : 0;
        if (Math.hypot(ax + along * (bx - ax) - x * width, ay + along * (by - ay) - y * height) <= reach) return index;
      }
    }
    return -1;
  }

  // --- drawing

  layOut() {
    if (!this.photo) return;
    const { width, height } = this.photo;
    const shown = Math.max(1, Math.min(this.canvas.parentElement.clientWidth, (HIGHEST * width) / height));
    const ratio = window.devicePixelRatio || 1;
    this.canvas.style.width = `${shown}px`;
    this.canvas.style.height = `${(shown * height) / width}px`;
    this.canvas.width = Math.round(shown * ratio);
    this.canvas.height = Math.round((shown * height * ratio) / width);
    this.paint();
  }

  paint() {
    if (!this.photo) return;
    const context = this.canvas.getContext("2d"), ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.width / ratio, this.canvas.height / ratio];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.imageSmoothingQuality = "high";
    const best = this.model.get("best_place");
    const helps = this.model.get("shows_usefulness") && this.heat && best?.share !== undefined;
    context.filter = helps ? "grayscale(1)" : "none"; // else its colors and those of the overlay would mix
    context.drawImage(this.photo, 0, 0, width, height);
    context.filter = "none";
    if (helps) {
      context.globalAlpha = 0.6;
      context.drawImage(this.heat, 0, 0, width, height);
      context.globalAlpha = 1;
    }
    this.hints.forEach((hint, index) => this.paintHint(context, hint, index === this.selected, width, height));
    if (helps) this.paintBest(context, best, width, height);
    if (this.atKeys && document.activeElement === this.canvas && !this.hints[this.selected]) {
      const [x, y] = [this.cross[0] * width, this.cross[1] * height];
      for (const [color, line] of [["#000a", 4], ["#fff", 2]]) {
        this.line(context, [[x - 12, y], [x + 12, y]], color, line);
        this.line(context, [[x, y - 12], [x, y + 12]], color, line);
      }
    }
    if (this.tool === "brush" && this.pointer && !this.drag) {
      const reach = Math.max(2, this.radius * Math.min(width, height));
      this.ring(context, this.pointer[0] * width, this.pointer[1] * height, reach, "#fff", 1.5);
    }
  }

  paintHint(context, { points, radius, color }, isSelected, width, height) {
    const places = [...points, points.at(-1)].map(([x, y]) => [x * width + 0.01, y * height]);
    places[0][0] -= 0.01; // a line without any length is not drawn
    const reach = Math.max(points.length > 1 ? 2.5 : 6, radius * Math.min(width, height));
    const edges = isSelected ? [["#000c", 4], ["#fff", 3]] : [["#0008", 2.5], ["#fff", 1.5]];
    for (const [edge, wide] of edges) this.line(context, places, edge, 2 * (reach + wide));
    if (isSelected) this.line(context, places, "#0b6e99", 2 * (reach + 1.5));
    this.line(context, places, color, 2 * reach);
  }

  paintBest(context, { x, y, share }, width, height) {
    const [left, top] = [x * width, y * height];
    for (const [color, line] of [["#000b", 5], ["#fff", 2.5]]) this.ring(context, left, top, 13, color, line);
    const text = `best: settles ${Math.round(100 * share)}% of what is open`;
    context.font = "600 12px system-ui, sans-serif";
    const long = context.measureText(text).width + 12;
    const [boxX, boxY] = [Math.min(Math.max(2, left - long / 2), width - long - 2), top < height - 50 ? top + 20 : top - 42];
    context.fillStyle = "#000b";
    context.beginPath();
    context.roundRect(boxX, boxY, long, 22, 4);
    context.fill();
    context.fillStyle = "#fff";
    context.fillText(text, boxX + 6, boxY + 15);
  }

  line(context, places, color, width) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...places[0]);
    for (const place of places.slice(1)) context.lineTo(...place);
    context.stroke();
  }

  ring(context, x, y, radius, color, width) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }

  paintPlane() {
    const context = this.plane.getContext("2d");
    context.clearRect(0, 0, SIDE, SIDE);
    context.drawImage(this.colors.canvas, 0, 0);
    if (this.gray) {
      const [x, y] = this.gray.map((at) => at + 0.5);
      this.line(context, [[x - 3.5, y], [x + 3.5, y]], "#fffc", 1);
      this.line(context, [[x, y - 3.5], [x, y + 3.5]], "#fffc", 1);
    }
    const color = this.hints[this.selected]?.color;
    const pixels = this.colors.getImageData(0, 0, SIDE, SIDE).data;
    const at = this.mark && 4 * (SIDE * this.mark[1] + this.mark[0]);
    if (color && !(this.mark && hex(pixels.subarray(at, at + 3)) === color)) this.mark = nearest(pixels, color);
    if (!color || !this.mark) return;
    for (const [edge, wide] of [["#000a", 4], ["#fff", 2]]) this.ring(context, this.mark[0] + 0.5, this.mark[1] + 0.5, 6, edge, wide);
  }

  say(text) {
    this.el.querySelector(".hints-message").textContent = text;
  }

  refresh() {
    const color = this.hints[this.selected]?.color ?? this.chosen;
    const pressed = { dot: this.tool === "dot", brush: this.tool === "brush", help: this.model.get("shows_usefulness") };
    const unusable = { undo: !this.past.length, remove: !this.hints[this.selected], save: !this.hints.length };
    for (const [name, is] of Object.entries(pressed)) this.button(name).setAttribute("aria-pressed", is);
    for (const [name, is] of Object.entries(unusable)) this.button(name).disabled = is;
    const likely = this.model.get("suggested").map(({ color, probability }) => [color, `${Math.round(100 * probability)}%`]);
    const used = [...new Set(this.hints.map((hint) => hint.color))].map((color) => [color, ""]);
    this.swatches(".hints-swatches", likely, color, "Click a place in the photograph.");
    this.swatches(".hints-used", used, color, "No hints yet.");
    this.el.querySelector(".hints-keep i").style.background = this.chosen ?? color ?? "transparent";
    this.paintPlane();
    this.paint();
  }

  button(name) {
    return this.el.querySelector(`[data-do="${name}"]`);
  }

  swatches(place, colors, current, otherwise) {
    const box = this.el.querySelector(place), key = JSON.stringify([colors, current]);
    if (box.dataset.shows === key) return; // a button that has the focus keeps it
    box.dataset.shows = key;
    box.innerHTML = colors.length ? "" : `<span class="hints-none" style="grid-column: 1 / -1">${otherwise}</span>`;
    for (const [color, label] of colors) {
      const button = document.createElement("button");
      button.className = "hints-swatch";
      button.dataset.color = color;
      button.setAttribute("aria-pressed", color === current);
      button.setAttribute("aria-label", `${color} ${label}`);
      button.title = color;
      button.innerHTML = `<i style="background: ${color}"></i>${label}`;
      box.append(button);
    }
  }
}

// The place of the pixel, of a square of SIDE px, that is most like a color.
function nearest(pixels, color) {
  const wanted = [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
  let best = null, least = Infinity;
  for (let at = 0; at < pixels.length; at += 4) {
    const apart = Math.abs(pixels[at] - wanted[0]) + Math.abs(pixels[at + 1] - wanted[1]) + Math.abs(pixels[at + 2] - wanted[2]);
    if (pixels[at + 3] && apart < least) [best, least] = [at / 4, apart];
  }
  return best === null ? null : [best % SIDE, Math.floor(best / SIDE)];
}

// The place of the pixel, of such a square, that has the least color.
function grayest(pixels) {
  let best = 0, least = Infinity;
  for (let at = 0; at < pixels.length; at += 4) {
    const [red, green, blue, alpha] = pixels.subarray(at, at + 4);
    const colorful = Math.max(red, green, blue) - Math.min(red, green, blue);
    if (alpha && colorful < least) [best, least] = [at / 4, colorful];
  }
  return [best % SIDE, Math.floor(best / SIDE)];
}

export default {
  render({ model, el }) {
    const canvas = new HintsCanvas(model, el);
    return () => canvas.close();
  },
};
