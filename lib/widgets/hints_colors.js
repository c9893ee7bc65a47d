// Colors to choose from: swatches, and the plane of all colors. They come from Python, or are read from its pictures.

import { plus, ring } from "./hints_photograph.js";

export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SIDE = 161; // px of the plane of all colors, as Python sends it

const hex = (rgb) => "#" + [...rgb].slice(0, 3).map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");

// The color of the photograph around a point, the mean of 3 x 3 pixels.
export function colorAt(context, [x, y]) {
  const { width, height } = context.canvas;
  const [left, top] = [Math.min(width - 3, Math.floor(x * width)), Math.min(height - 3, Math.floor(y * height))];
  const around = context.getImageData(Math.max(0, left - 1), Math.max(0, top - 1), 3, 3).data;
  return hex([0, 0, 0].map((_, part) => [...around].filter((_, i) => i % 4 === part).reduce((a, b) => a + b) / 9));
}

// Fill a box with a button for each of the colors, `[[color, label], …]`, or the text `otherwise` if there are none.
// If one of the buttons has the focus, that of its color has it afterward, or `elsewhere` if the color is gone.
export function showSwatches(box, colors, current, otherwise, elsewhere) {
  const key = JSON.stringify(colors);
  if (box.dataset.shows !== key) {
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.color : null;
    box.dataset.shows = key;
    box.innerHTML = colors.length ? "" : `<span class="hints-none" style="grid-column: 1 / -1">${otherwise}</span>`;
    for (const [color, label] of colors) box.append(swatch(color, label));
    if (focused) (box.querySelector(`[data-color="${focused}"]`) ?? elsewhere).focus({ preventScroll: true });
  }
  for (const button of box.querySelectorAll("button")) button.setAttribute("aria-pressed", button.dataset.color === current);
}

function swatch(color, label) {
  const button = document.createElement("button");
  button.className = "hints-swatch";
  button.dataset.color = color;
  button.setAttribute("aria-label", `${color} ${label}`);
  button.title = color;
  button.innerHTML = `<i style="background: ${color}"></i>${label}`;
  return button;
}

// All colors of one brightness. A press, a drag or an arrow key chooses one.
export class ColorPlane {
  // `on` has `begin()`, `choose(color)` and `end()`: a drag chooses many colors between its beginning and its end.
  constructor(canvas, on) {
    canvas.width = canvas.height = SIDE;
    this.shown = canvas.getContext("2d");
    this.sent = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
    Object.assign(this, { on, gray: null, mark: null, current: null });
    let isHeld = false;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || isHeld) return;
      canvas.setPointerCapture(event.pointerId);
      isHeld = true;
      on.begin();
      this.choose(event.offsetX, event.offsetY);
    });
    canvas.addEventListener("pointermove", (event) => isHeld && this.choose(event.offsetX, event.offsetY));
    canvas.addEventListener("lostpointercapture", () => {
      isHeld = false;
      on.end();
    });
    canvas.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow || !this.mark || isHeld) return;
      event.preventDefault();
      on.begin();
      this.choose(this.mark[0] + 4 * arrow[0], this.mark[1] + 4 * arrow[1]);
      on.end();
    });
  }

  get pixels() {
    return this.sent.getImageData(0, 0, SIDE, SIDE).data;
  }

  show(picture) {
    this.sent.clearRect(0, 0, SIDE, SIDE);
    this.sent.drawImage(picture, 0, 0);
    this.gray = grayest(this.pixels);
    this.paint(this.current);
  }

  choose(x, y) {
    if (!this.gray) return;
    const pixels = this.pixels;
    for (let part = 1; part >= 0; part -= 0.01) { // from outside straight toward gray, to the border of the colors
      const [column, row] = [x, y].map((at, axis) => {
        const gray = this.gray[axis];
        return Math.min(SIDE - 1, Math.max(0, Math.round(gray + part * (at - gray))));
      });
      const start = 4 * (SIDE * row + column);
      if (!pixels[start + 3]) continue;
      this.mark = [column, row];
      return this.on.choose(hex(pixels.subarray(start, start + 3)));
    }
  }

  // Draw the plane, with a mark on the color that is current, if one is.
  paint(current) {
    const context = this.shown, pixels = this.pixels;
    this.current = current;
    context.clearRect(0, 0, SIDE, SIDE);
    context.drawImage(this.sent.canvas, 0, 0);
    if (this.gray) plus(context, this.gray[0] + 0.5, this.gray[1] + 0.5, 3.5, "#fffc", 1);
    const at = this.mark && 4 * (SIDE * this.mark[1] + this.mark[0]);
    if (current && !(this.mark && hex(pixels.subarray(at, at + 3)) === current)) this.mark = nearest(pixels, current);
    if (!current || !this.mark) return;
    for (const [edge, wide] of [["#000a", 4], ["#fff", 2]]) ring(context, this.mark[0] + 0.5, this.mark[1] + 0.5, 6, edge, wide);
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
