// The page's half of lib/widgets/hints.py: draws the photograph and its hints, and turns pointer and keys into hints.
// It knows nothing about color: all colors come from Python, or are read from pictures that Python sent.

import { Photograph, clamp } from "./hints_photograph.js";
import { ARROWS, ColorPlane, colorAt, showSwatches } from "./hints_colors.js";
import { PAGE } from "./hints_page.js";
import { HintsState, copy } from "./hints_state.js";

const STEP = 0.02, FINE = 0.004; // of the shorter side, by an arrow key, and with Shift

class HintsCanvas {
  constructor(model, el) {
    Object.assign(this, { model, el, tool: "dot", cross: [0.5, 0.5], drag: null, chosen: null, atKeys: false, turns: {} });
    el.classList.add("hints");
    el.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take Delete, Z and B for its cells
    el.innerHTML = PAGE;
    this.state = new HintsState(model, () => this.refresh());
    const find = (name) => el.querySelector(name);
    Object.assign(this, { canvas: find(".hints-photograph"), message: find(".hints-message") });
    Object.assign(this, { size: find("input[type=range]"), keep: find("input[type=checkbox]") });
    this.photograph = new Photograph(this.canvas);
    this.canvas.setAttribute("aria-label", `${model.get("name")}: the photograph; the arrows move a cross, Enter sets a hint`);
    this.plane = new ColorPlane(find(".hints-plane"), {
      begin: () => this.state.begin(), choose: (color) => this.onColor(color), end: () => this.state.end(),
    });
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
      picture: () => this.showPicture(), usefulness: () => this.showHeat(), all_colors: () => this.showPlane(),
      suggested: () => this.refresh(), shows_usefulness: () => this.refresh(),
      hints: () => this.state.onHints(), drawn: () => this.state.onDrawn(),
      best_place: () => (this.say(this.model.get("message")), this.paint()),
      message: () => this.say(this.model.get("message")),
    };
    for (const [name, act] of Object.entries(changes)) this.model.on(`change:${name}`, act);
    this.close = () => {
      for (const [name, act] of Object.entries(changes)) this.model.off(`change:${name}`, act);
      this.observer.disconnect();
    };
    this.say(this.model.get("message") || "Click a place to pin the color that it has, then choose another.");
  }

  // Decode a picture that Python sent, and show it. Decoding takes its time: what is ready after a newer one is dropped.
  async decode(name, type, show) {
    const bytes = this.model.get(name), turn = (this.turns[name] = (this.turns[name] ?? 0) + 1);
    if (!bytes.byteLength) return;
    const picture = await createImageBitmap(new Blob([bytes], { type }));
    if (turn === this.turns[name]) show(picture);
  }

  showPicture() {
    return this.decode("picture", "image/jpeg", (picture) => this.photograph.show(picture));
  }

  showHeat() {
    return this.decode("usefulness", "image/png", (picture) => {
      this.photograph.heat = picture;
      this.paint();
    });
  }

  showPlane() {
    return this.decode("all_colors", "image/png", (picture) => this.plane.show(picture));
  }

  // --- pointer and keys

  listenToPage() {
    this.observer = new ResizeObserver(() => this.photograph.layOut());
    this.observer.observe(this.canvas.parentElement);
    this.el.addEventListener("click", (event) => this.onButton(event.target.closest("button")));
    this.el.addEventListener("keydown", (event) => {
      if (!event.target.matches("input")) this.onKey(event);
      event.stopPropagation();
    });
    const on = (name, act) => this.canvas.addEventListener(name, act);
    on("pointerdown", (event) => this.onPress(event));
    on("pointermove", (event) => this.onMove(event));
    on("lostpointercapture", () => this.onRelease());
    on("pointerleave", () => this.hover(null));
    on("contextmenu", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.state.change(() => this.state.remove(this.hit(this.photograph.pointOf(event))));
    });
    for (const name of ["focus", "blur"]) on(name, () => this.paint());
    this.size.addEventListener("change", () => this.resize(Number(this.size.value)));
    this.keep.addEventListener("change", () => this.refresh());
  }

  onButton(button) {
    if (!button) return;
    const acts = {
      dot: () => (this.tool = "dot"), brush: () => (this.tool = "brush"), undo: () => this.state.undo(),
      remove: () => this.removeSelected(), help: () => this.toggleHelp(), save: () => this.save(),
    };
    if (button.dataset.color) this.state.change(() => this.onColor(button.dataset.color));
    else acts[button.dataset.do]();
    this.refresh();
  }

  onColor(color) {
    this.chosen = color;
    this.state.recolor(color);
    this.state.send();
  }

  onPress(event) {
    if (event.button !== 0 || !this.photograph.pixels || this.state.isChanging) return;
    this.focus();
    this.canvas.setPointerCapture(event.pointerId);
    const point = this.photograph.pointOf(event), index = this.tool === "dot" ? this.hit(point) : -1;
    this.atKeys = false;
    this.cross = point;
    this.state.begin();
    if (index >= 0) this.state.select(index);
    else this.add(point);
    const hint = this.state.current, kind = this.tool === "brush" ? "stroke" : "move";
    this.drag = { kind, hint, point, from: copy(hint.points), moved: false };
    this.state.send();
  }

  onMove(event) {
    const point = this.photograph.pointOf(event), drag = this.state.isChanging && this.drag;
    if (!drag) return this.hover(point);
    const [dx, dy] = [point[0] - drag.point[0], point[1] - drag.point[1]];
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (Math.hypot(dx * width, dy * height) < 4 && (drag.kind === "stroke" || !drag.moved)) return;
    drag.moved = this.state.isDragging = true;
    if (drag.kind === "move") this.state.move(drag.hint, drag.from, dx, dy);
    else {
      drag.hint.points.push(point);
      drag.point = point; // the next part of the stroke is measured from here
    }
    this.state.send();
  }

  onRelease() {
    const drag = this.drag;
    this.drag = null;
    this.state.isDragging = false;
    if (drag?.moved) this.state.select(this.state.selected); // its place has other colors
    this.state.end();
  }

  hover(point) {
    this.pointer = point;
    this.canvas.style.cursor = this.tool === "dot" && point && this.hit(point) >= 0 ? "grab" : "crosshair";
    if (this.tool === "brush") this.paint();
  }

  onKey(event) {
    const state = this.state, arrow = ARROWS[event.key], key = event.key.toLowerCase();
    const inPicture = event.target === this.canvas;
    const swatch = /^[1-9]$/.test(key) ? this.model.get("suggested")[Number(key) - 1] : null;
    const acts = {
      delete: () => this.removeSelected(), backspace: () => this.removeSelected(),
      d: () => (this.tool = "dot"), b: () => (this.tool = "brush"), h: () => this.toggleHelp(),
      n: () => state.hints.length && state.select((state.selected + 1) % state.hints.length),
      "[": () => this.resize(state.radius / 1.25), "]": () => this.resize(state.radius * 1.25),
      escape: () => state.select(-1),
    };
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z") return;
      state.undo();
    } else if (event.altKey) return;
    else if (swatch) state.change(() => this.onColor(swatch.color));
    else if (acts[key]) acts[key]();
    else if (arrow && inPicture) this.onArrow(arrow, event.shiftKey ? FINE : STEP);
    else if ((key === "enter" || key === " ") && inPicture) this.onEnter();
    else return;
    event.preventDefault();
    this.refresh();
  }

  onArrow([dx, dy], step) {
    const { width, height } = this.photograph.size, shorter = Math.min(width, height);
    const [byX, byY] = [(dx * step * shorter) / width, (dy * step * shorter) / height];
    const hint = this.state.current;
    this.atKeys = true;
    if (!hint) {
      this.cross = [clamp(this.cross[0] + byX), clamp(this.cross[1] + byY)];
      return;
    }
    this.state.change(() => this.state.move(hint, copy(hint.points), byX, byY));
    this.cross = copy(hint.points[0]);
    this.state.select(this.state.selected);
  }

  onEnter() {
    const index = this.hit(this.cross);
    this.atKeys = true;
    if (index >= 0) this.state.select(index);
    else this.state.change(() => this.add(copy(this.cross)));
  }

  add(point) {
    this.state.add(point, this.keep.checked && this.chosen ? this.chosen : colorAt(this.photograph.pixels, point));
  }

  removeSelected() {
    this.state.change(() => this.state.remove(this.state.selected));
  }

  resize(radius) {
    this.state.change(() => this.state.resize(radius));
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
    this.state.save();
  }

  // --- the page

  hit(point) {
    return this.photograph.hintAt(point, this.state.hints);
  }

  focus() {
    this.canvas.focus({ preventScroll: true });
  }

  say(text) {
    this.message.textContent = text;
  }

  paint() {
    const { hints, selected, radius, current } = this.state;
    const best = this.model.get("shows_usefulness") && this.model.get("best_place");
    const hasCross = this.atKeys && document.activeElement === this.canvas && !current;
    const hasBrush = this.tool === "brush" && this.pointer && !this.drag;
    this.photograph.paint({
      hints, selected, best: best?.share === undefined ? null : best, cross: hasCross ? this.cross : null,
      brush: hasBrush ? { point: this.pointer, radius } : null,
    });
  }

  refresh() {
    const state = this.state, color = state.current?.color ?? this.chosen;
    const pressed = { dot: this.tool === "dot", brush: this.tool === "brush", help: this.model.get("shows_usefulness") };
    const unusable = { undo: !state.past.length, remove: !state.current, save: !state.hints.length };
    const button = (name) => this.el.querySelector(`[data-do="${name}"]`);
    for (const [name, is] of Object.entries(pressed)) button(name).setAttribute("aria-pressed", is);
    for (const [name, is] of Object.entries(unusable)) {
      if (is && document.activeElement === button(name)) this.focus(); // a button without use would lose the keys
      button(name).disabled = is;
    }
    const likely = this.model.get("suggested").map(({ color, probability }) => [color, `${Math.round(100 * probability)}%`]);
    const used = [...new Set(state.hints.map((hint) => hint.color))].map((color) => [color, ""]);
    showSwatches(this.el.querySelector(".hints-swatches"), likely, color, "Click a place in the photograph.", this.canvas);
    showSwatches(this.el.querySelector(".hints-used"), used, color, "No hints yet.", this.canvas);
    this.el.querySelector(".hints-keep i").style.background = this.chosen ?? color ?? "transparent";
    this.size.value = state.radius;
    this.plane.paint(state.current?.color);
    this.paint();
  }
}

export default {
  render({ model, el }) {
    const canvas = new HintsCanvas(model, el);
    return () => canvas.close();
  },
};
