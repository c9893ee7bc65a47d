// The photograph on the page, and what is drawn over it: hints, the cross of the keys, the brush, the best place.
// Points are fractions of width and height, radii of the shorter side.

const HIGHEST = 560; // px of the page that a photograph takes at most

export const clamp = (value) => Math.min(1, Math.max(0, value));

export function line(context, places, color, width) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(...places[0]);
  for (const place of places.slice(1)) context.lineTo(...place);
  context.stroke();
}

export function ring(context, x, y, radius, color, width) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

export function plus(context, x, y, reach, color, width) {
  line(context, [[x - reach, y], [x + reach, y]], color, width);
  line(context, [[x, y - reach], [x, y + reach]], color, width);
}

export class Photograph {
  constructor(canvas) {
    Object.assign(this, { canvas, pixels: null, heat: null, over: { hints: [] } });
  }

  get size() {
    return this.pixels.canvas;
  }

  show(picture) {
    const isFirst = !this.pixels;
    this.pixels = new OffscreenCanvas(picture.width, picture.height).getContext("2d", { willReadFrequently: true });
    this.pixels.drawImage(picture, 0, 0);
    if (isFirst) this.layOut();
    else this.paint();
  }

  layOut() {
    if (!this.pixels) return;
    const { width, height } = this.size;
    const shown = Math.max(1, Math.min(this.canvas.parentElement.clientWidth, (HIGHEST * width) / height));
    const ratio = window.devicePixelRatio || 1;
    this.canvas.style.width = `${shown}px`;
    this.canvas.style.height = `${(shown * height) / width}px`;
    this.canvas.width = Math.round(shown * ratio);
    this.canvas.height = Math.round((shown * height * ratio) / width);
    this.paint();
  }

  // `over` is what lies over it: `hints`, the number that is `selected`, and if they are shown `best`, `cross`, `brush`.
  paint(over = this.over) {
    this.over = over;
    if (!this.pixels) return;
    const context = this.canvas.getContext("2d"), ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.width / ratio, this.canvas.height / ratio];
    const best = this.heat && over.best;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawPhotograph(context, this.pixels.canvas, best ? this.heat : null, width, height);
    over.hints.forEach((hint, index) => drawHint(context, hint, index === over.selected, width, height));
    if (best) drawBest(context, best, width, height);
    if (over.cross) drawCross(context, over.cross, width, height);
    if (over.brush) drawBrush(context, over.brush, width, height);
  }

  pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
  }

  // The number of the uppermost hint under a point, or -1.
  hintAt(point, hints) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return hints.findLastIndex((hint) => isOn(hint, point, width, height));
  }
}

function drawPhotograph(context, photo, heat, width, height) {
  context.imageSmoothingQuality = "high";
  context.filter = heat ? "grayscale(1)" : "none"; // else its colors and those of the overlay would mix
  context.drawImage(photo, 0, 0, width, height);
  context.filter = "none";
  if (!heat) return;
  context.globalAlpha = 0.6;
  context.drawImage(heat, 0, 0, width, height);
  context.globalAlpha = 1;
}

function drawHint(context, { points, radius, color }, isSelected, width, height) {
  const places = [...points, points.at(-1)].map(([x, y]) => [x * width + 0.01, y * height]);
  places[0][0] -= 0.01; // a line without any length is not drawn
  const reach = Math.max(points.length > 1 ? 2.5 : 6, radius * Math.min(width, height));
  const edges = isSelected ? [["#000c", 4], ["#fff", 3]] : [["#0008", 2.5], ["#fff", 1.5]];
  for (const [edge, wide] of edges) line(context, places, edge, 2 * (reach + wide));
  if (isSelected) line(context, places, "#0b6e99", 2 * (reach + 1.5));
  line(context, places, color, 2 * reach);
}

function drawCross(context, [x, y], width, height) {
  for (const [color, wide] of [["#000a", 4], ["#fff", 2]]) plus(context, x * width, y * height, 12, color, wide);
}

function drawBrush(context, { point: [x, y], radius }, width, height) {
  ring(context, x * width, y * height, Math.max(2, radius * Math.min(width, height)), "#fff", 1.5);
}

// The place where one more hint helps most, with the share of what is open that it settles.
function drawBest(context, { x, y, share }, width, height) {
  const [left, top] = [x * width, y * height];
  for (const [color, wide] of [["#000b", 5], ["#fff", 2.5]]) ring(context, left, top, 13, color, wide);
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

// Whether a point lies on a hint, or near enough to grab it.
function isOn({ points, radius }, [x, y], width, height) {
  const reach = Math.max(10, radius * Math.min(width, height));
  return points.some((point, number) => {
    const [ax, ay] = points[Math.max(0, number - 1)].map((part, axis) => part * (axis ? height : width));
    const [bx, by] = point.map((part, axis) => part * (axis ? height : width));
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const along = length ? clamp(((x * width - ax) * (bx - ax) + (y * height - ay) * (by - ay)) / length) : 0;
    return Math.hypot(ax + along * (bx - ax) - x * width, ay + along * (by - ay) - y * height) <= reach;
  });
}
