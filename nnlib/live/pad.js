// The drawing pad. Ink appears at once, in the browser; the kernel is asked what it sees.
// At most three questions are on their way: what is drawn meanwhile goes out with the next.
const SIDE = 280, SENT = 140, PEN = 22, AT_ONCE = 3, GAP = 20; // pixels; questions; milliseconds

function make(tag, style, parent, attributes = {}) {
  const node = document.createElement(tag);
  node.style.cssText = style;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent.append(node);
  return node;
}

function canvas(side, shown, parent, label, style = "") {
  const node = make("canvas", `width:${shown}px;height:${shown}px;${style}`, parent,
    { role: "img", "aria-label": label });
  node.width = node.height = side;
  return node;
}

function render({ model, el }) {
  const root = make("div", "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start", el,
    { class: "nnlib-pad" });
  const left = make("div", "display:flex;flex-direction:column;gap:6px", root);
  const pad = canvas(SIDE, SIDE, left, "drawing area for one digit",
    "border:1px solid #888;background:#fff;touch-action:none;cursor:crosshair");
  const clear = make("button", "width:100%", left, { type: "button", class: "jupyter-button" });
  clear.textContent = "Clear";
  const middle = make("div", "width:230px", root);
  const said = make("div", "min-height:3em", middle, { class: "said" });
  const spoken = make("div", "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)",
    middle, { "aria-live": "polite" }); // for a screen reader, once the pen rests
  const bars = [...Array(10).keys()].map((digit) => {
    const row = make("div", "display:flex;align-items:center;gap:6px;height:21px", middle);
    make("span", "width:1em", row).textContent = digit;
    const rail = make("div", "flex:1;height:13px;outline:1px solid #8888", row);
    const bar = make("div", "height:100%;width:0;background:#0072B2", rail, { class: "bar" });
    return { bar, text: make("span", "width:3.2em;text-align:right", row) };
  });
  const right = make("div", "", root);
  make("div", "", right).textContent = "what the network sees";
  const seen = canvas(28, 140, right, "what the network sees, 28 by 28 pixels",
    "image-rendering:pixelated;background:#000");
  const title = make("div", "margin-top:6px", right);
  const units = make("canvas", "image-rendering:pixelated;background:#000", right,
    { role: "img", "aria-label": "hidden units: the brighter, the stronger each is active" });

  const g = pad.getContext("2d", { willReadFrequently: true });
  const small = document.createElement("canvas");
  small.width = small.height = SENT;
  const s = small.getContext("2d", { willReadFrequently: true });
  let pointer = null, unsent = 0, asked = [], last = 0, later = 0, busy = 0, tiles = [], count = 0;

  function wipe() {
    g.fillStyle = "#fff";
    g.fillRect(0, 0, SIDE, SIDE);
    g.lineWidth = PEN;
    g.lineCap = g.lineJoin = "round";
    unsent = 0;
    count += 1; // an answer to what is gone is not shown
    said.textContent = "Draw a digit here: mouse, finger or pen.";
    for (const { bar, text } of bars) bar.style.width = text.textContent = "";
    seen.getContext("2d").clearRect(0, 0, 28, 28);
    light([]);
  }

  function ask() {
    if (!unsent || asked.length >= AT_ONCE || later) return;
    const now = performance.now();
    if (now - last < GAP) {
      later = setTimeout(() => { later = 0; ask(); }, GAP - (now - last));
      return;
    }
    last = now;
    s.drawImage(pad, 0, 0, SENT, SENT);
    const rgba = s.getImageData(0, 0, SENT, SENT).data, page = new Uint8Array(SENT * SENT);
    for (let i = 0; i < page.length; i++) page[i] = rgba[4 * i];
    asked.push(unsent); // since when there was something new to see
    unsent = 0;
    busy = busy || setTimeout(() => { said.textContent = "The kernel is busy. Draw on: it will answer."; },
      1000);
    model.send({ count }, undefined, [page.buffer]);
  }

  function grey(context, bytes, side, x = 0, y = 0) {
    const image = context.createImageData(side, side);
    for (let i = 0; i < bytes.length; i++) {
      image.data.fill(bytes[i], 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, x, y);
  }

  function light(strengths) {
    const context = units.getContext("2d");
    context.clearRect(0, 0, units.width, units.height);
    tiles.forEach((tile, k) => {
      context.globalAlpha = 0.12 + 0.88 * (strengths[k] || 0);
      context.drawImage(tile, 30 * (k % 8), 30 * Math.floor(k / 8));
    });
  }

  function show({ p, answer, strengths }, image) {
    bars.forEach(({ bar, text }, digit) => {
      bar.style.width = `${100 * p[digit]}%`;
      bar.style.background = digit === answer ? "#D55E00" : "#0072B2";
      text.textContent = `${Math.round(100 * p[digit])} %`;
    });
    said.textContent = `Read as ${answer}, ${Math.round(100 * p[answer])} % sure.`;
    grey(seen.getContext("2d"), image, 28);
    light(strengths);
  }

  function place(event) {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * SIDE / box.width,
      (event.clientY - box.top) * SIDE / box.height];
  }

  pad.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button > 0) return;
    pointer = event.pointerId;
    pad.setPointerCapture(pointer);
    g.beginPath();
    g.moveTo(...place(event));
    g.lineTo(...place(event));
    draw(event);
  });
  function draw(event) {
    g.stroke();
    unsent = unsent || performance.now();
    ask();
    event.preventDefault();
  }
  pad.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of all.length ? all : [event]) g.lineTo(...place(one));
    draw(event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    pad.addEventListener(name, (event) => { if (event.pointerId === pointer) pointer = null; });
  }
  clear.addEventListener("click", wipe);

  model.on("msg:custom", (message, buffers) => {
    const bytes = (buffers || []).map((b) => new Uint8Array(b.buffer || b, b.byteOffset || 0));
    if (message.kind === "units") {
      tiles = [...Array(message.n).keys()].map((k) => {
        const tile = document.createElement("canvas");
        tile.width = tile.height = 28;
        grey(tile.getContext("2d"), bytes[0].subarray(784 * k, 784 * (k + 1)), 28);
        return tile;
      });
      units.width = 240;
      units.height = 30 * Math.ceil(message.n / 8);
      title.textContent = message.title;
      light([]);
      return;
    }
    clearTimeout(busy);
    busy = 0;
    const since = asked.shift();
    if (message.count === count) {
      if (message.error) said.textContent = message.error;
      else {
        show(message, bytes[0]);
        performance.measure("nnlib-pad", { start: since, end: performance.now() });
      }
    }
    if (pointer === null && asked.length === 0) spoken.textContent = said.textContent;
    ask();
  });
  wipe();
  model.send({ hello: true });
}

export default { render };
