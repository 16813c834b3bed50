// Handles for a picture. Each is the browser's own slider: mouse, finger, keys and screen readers
// treat it as any other. One question is on its way at a time: what is turned meanwhile goes out
// next, so no picture is drawn that is out of date before it is asked for.

function make(tag, style, parent, attributes = {}) {
  const node = document.createElement(tag);
  node.style.cssText = style;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent.append(node);
  return node;
}

function render({ model, el }) {
  const root = make("div", "max-width:100%", el, { class: "nnlib-turn" });
  const rows = make("div", "display:grid;grid-template-columns:max-content minmax(8em,24em) 5em;"
    + "gap:4px 12px;align-items:center", root);
  const picture = make("div", "min-height:3em", root);
  const said = make("p", "margin:4px 0;max-width:60em;min-height:3em", root, { role: "status" });
  let sliders = [], asked = null, turned = 0, busy = 0;

  function add([name, texts, at]) {
    const id = `nnlib-turn-${Math.random()}`; // each instrument has this module to itself
    make("label", "", rows, { for: id }).textContent = name;
    const slider = make("input", "width:100%;margin:0", rows,
      { type: "range", id, min: 0, max: texts.length - 1, value: at,
        "data-lm-suppress-shortcuts": "true" }); // or Jupyter takes the arrow keys for its own
    const shown = make("output", "", rows, { for: id });
    const say = () => {
      shown.textContent = texts[slider.value];
      slider.setAttribute("aria-valuetext", texts[slider.value]);
    };
    slider.addEventListener("input", (event) => { say(); turned = event.timeStamp; ask(); });
    say();
    return slider;
  }

  function ask() {
    if (asked || !turned) return;
    asked = { id: Math.random(), since: turned };
    turned = 0;
    busy = setTimeout(() => { said.textContent = "The kernel is busy: the picture follows."; }, 1000);
    model.send({ id: asked.id, places: sliders.map((slider) => +slider.value) });
  }

  async function show({ kind, words, error }, [data]) {
    if (error) {
      picture.replaceChildren();
      said.textContent = error;
      return;
    }
    const image = new Image();
    image.style.cssText = "max-width:100%;display:block;background:#fff";
    image.alt = words;
    image.src = URL.createObjectURL(new Blob([data], { type: kind }));
    await image.decode(); // the former picture stays until this one can be painted: no flicker
    picture.replaceChildren(image);
    setTimeout(() => URL.revokeObjectURL(image.src), 1000);
    if (!turned) said.textContent = `In words: ${words}`; // once the hand rests
  }

  model.on("msg:custom", async (message, buffers) => {
    if (message.handles && !sliders.length) {
      sliders = message.handles.map(add);
      turned = performance.now();
    } else if (asked && message.id === asked.id) {
      clearTimeout(busy);
      try {
        await show(message, buffers);
      } finally {
        performance.measure("nnlib-turn", { start: asked.since, end: performance.now() });
        asked = null;
      }
    }
    ask();
  });
  model.send({ hello: true });
}

export default { render };
