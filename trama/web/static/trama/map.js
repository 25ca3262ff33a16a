// Closer and farther on a drawn map. The map is whole and its links work without this file.
document.querySelectorAll("[data-map]").forEach((frame) => {
  const svg = frame.querySelector("svg");
  const home = svg.getAttribute("viewBox").split(" ").map(Number);
  let box = [...home];

  const show = (next) => {
    const w = Math.min(Math.max(next[2], home[2] / 24), home[2]);
    const h = (w * home[3]) / home[2];
    const x = Math.min(Math.max(next[0], 0), home[2] - w);
    const y = Math.min(Math.max(next[1], 0), home[3] - h);
    box = [x, y, w, h];
    svg.setAttribute("viewBox", box.join(" "));
    svg.toggleAttribute("data-near", w < home[2]);
  };
  const zoom = (factor, fx = 0.5, fy = 0.5) => {
    const w = Math.min(box[2] * factor, home[2]);
    const h = (w * home[3]) / home[2];
    show([box[0] + (box[2] - w) * fx, box[1] + (box[3] - h) * fy, w, h]);
  };

  const tools = document.createElement("div");
  tools.className = "map-tools";
  const tool = (sign, label, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    tools.append(button);
  };
  tool("+", frame.dataset.in, () => zoom(0.6));
  tool("−", frame.dataset.out, () => zoom(1 / 0.6));
  tool("⤢", frame.dataset.home, () => show(home));
  frame.prepend(tools);

  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const at = svg.getBoundingClientRect();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, (event.clientX - at.x) / at.width, (event.clientY - at.y) / at.height);
  }, { passive: false });

  let held = null;
  let moved = false;
  svg.addEventListener("pointerdown", (event) => {
    moved = false;
    if (event.isPrimary && box[2] < home[2]) held = [event.clientX, event.clientY, ...box];
  });
  window.addEventListener("pointermove", (event) => {
    if (!held) return;
    const scale = held[4] / svg.getBoundingClientRect().width;
    const dx = event.clientX - held[0];
    const dy = event.clientY - held[1];
    if (Math.abs(dx) + Math.abs(dy) > 4) moved = true;
    if (moved) show([held[2] - dx * scale, held[3] - dy * scale, held[4], held[5]]);
  });
  window.addEventListener("pointerup", () => { held = null; });
  window.addEventListener("pointercancel", () => { held = null; });
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener("click", (event) => { if (moved) event.preventDefault(); }, true);
});
