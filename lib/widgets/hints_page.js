// What is on the page, and the keys that it names at its foot.

const KEYS = [
  ["click", "set a hint"], ["drag", "move it"], ["right-click or Delete", "remove it"], ["Ctrl-Z", "undo"],
  ["D / B", "dot or brush"], ["1 to 8", "take a likely color"], ["[ ]", "size"], ["arrows", "move the cross or the hint"],
  ["Enter", "set or choose at the cross"], ["N", "next hint"], ["Esc", "let go"], ["H", "where a hint helps"],
];
export const PAGE = `<div class="hints-page">
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
      <canvas class="hints-plane" tabindex="0" role="application"
        aria-label="all colors of this brightness; the arrows choose one"></canvas></div>
    <div><p class="hints-title">In use</p><div class="hints-used"></div></div>
    <label class="hints-keep"><input type="checkbox"><i></i><span>next hints in this color</span></label>
  </div>
  <p class="hints-keys">${KEYS.map(([key, what]) => `<span><kbd>${key}</kbd> ${what}</span>`).join("")}</p>
</div>`;
