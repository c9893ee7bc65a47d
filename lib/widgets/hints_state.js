// The hints as the page has them: which one is selected, what an undo takes back, and what is sent to Python and when.

import { clamp } from "./hints_photograph.js";

const PATIENCE = 3000; // ms to wait for Python's answer before the next change is sent all the same
export const copy = (value) => JSON.parse(JSON.stringify(value));
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export class HintsState {
  // `refresh` shows what has changed; `model` is Python's half.
  constructor(model, refresh) {
    Object.assign(this, { model, refresh, selected: -1, radius: 0.012, past: [], before: null, isDragging: false });
    Object.assign(this, { waiting: false, again: false, toSave: false });
    this.hints = copy(model.get("hints"));
    this.sent = copy(this.hints);
  }

  get current() {
    return this.hints[this.selected];
  }

  get isChanging() {
    return this.before !== null;
  }

  // --- one change after the other

  // What happens from `begin` to `end` is one change, which one undo takes back. If it changed nothing, there is no step.
  begin() {
    this.before ??= copy(this.hints);
  }

  end() {
    if (this.before && !same(this.before, this.hints)) this.past.push(this.before);
    this.before = null;
    this.send();
  }

  // A change that is done at once. In the middle of a drag there is none.
  change(act) {
    if (this.isChanging) return;
    this.begin();
    act();
    this.end();
  }

  undo() {
    if (!this.past.length || this.isChanging) return;
    this.hints = this.past.pop();
    this.select(-1);
    this.send();
  }

  select(index) {
    this.selected = index;
    if (this.current) {
      const { points, radius } = this.current;
      this.radius = radius;
      this.ask(points[Math.floor(points.length / 2)]);
    }
    this.refresh();
  }

  // --- what changes: within `change`, or between `begin` and `end`

  add(point, color) {
    this.hints.push({ points: [point], radius: this.radius, color });
    this.select(this.hints.length - 1);
  }

  remove(index) {
    if (!this.hints[index]) return;
    this.hints.splice(index, 1);
    this.select(-1);
  }

  move(hint, from, dx, dy) {
    for (const [axis, by] of [[0, dx], [1, dy]]) {
      const along = from.map((point) => point[axis]);
      const most = Math.min(1 - Math.max(...along), Math.max(-Math.min(...along), by)); // the whole stroke stays inside
      hint.points.forEach((point, number) => (point[axis] = clamp(from[number][axis] + most)));
    }
  }

  recolor(color) {
    if (this.current) this.current.color = color;
  }

  resize(radius) {
    this.radius = Math.min(0.1, Math.max(0.005, radius));
    if (this.current) this.current.radius = this.radius;
  }

  // --- Python

  // One change is under way at a time. What happens meanwhile is sent as one, when Python has drawn.
  send() {
    this.refresh();
    if (this.waiting) return void (this.again = true);
    if (same(this.hints, this.sent) && this.isDragging === this.model.get("is_dragging")) return;
    if (!same(this.hints, this.sent)) {
      this.waiting = true;
      this.patience = setTimeout(() => this.onDrawn(), PATIENCE);
    }
    this.sent = copy(this.hints);
    this.model.set("is_dragging", this.isDragging);
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

  // Take hints that Python has set. They end a drag, because what was dragged is gone.
  onHints() {
    const hints = this.model.get("hints");
    if (same(hints, this.sent)) return; // its own
    this.begin();
    this.hints = copy(hints);
    this.sent = copy(hints);
    this.isDragging = false;
    this.selected = -1;
    this.end();
  }

  ask(point) {
    this.model.set("place", copy(point));
    this.model.save_changes();
  }

  save() {
    if (this.waiting) this.toSave = true; // Python does not have the last change yet
    else this.model.send("save");
  }
}
