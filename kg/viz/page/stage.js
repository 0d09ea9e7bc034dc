// The canvas on the screen and the hand on it: draws when something changed, moves the last picture while a finger or a
// mouse moves, and tells what was pointed at. Thousands of lines take longer than a frame; moving a picture does not.
"use strict";

const kgStage = (() => {
  const MARGIN = 0.3; // of the stage, drawn on every side of it, so that a drag finds something there
  const QUICK = 14; // milliseconds; a picture drawn in less is drawn anew in every frame
  const SLOW = 30; // milliseconds; a picture that took longer is drawn without lesser names while a hand moves something
  const REST = 110; // milliseconds without movement after which a slow picture is drawn sharp again
  const CLICK = 5; // pixels that a hand may shake in a click
  const FLIGHT = 350; // milliseconds of a flight
  const KEY_STEP = 60; // pixels an arrow key moves
  const KEY_ZOOM = 1.25;

  // `look()` gives what scene.js draws; `on` is {pick, hover, moved}.
  const create = (host, look, on) => {
    const canvas = document.createElement("canvas");
    const buffer = document.createElement("canvas");
    host.append(canvas);
    // Read back often (every shift of the picture), so kept out of the graphics card, which may not be there at all.
    const ctx = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    const pen = buffer.getContext("2d", { alpha: false, willReadFrequently: true });
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    let size = { width: 0, height: 0 };
    let ratio = 1;
    let camera = { x: 0, y: 0, k: 1 };
    let taken = null; // the camera of the picture in the buffer
    let drawn = null;
    let cost = 0; // milliseconds of the last whole picture
    let spent = 0; // and of the last of any kind
    let dirty = true;
    let hasty = false;
    let frame = 0;
    let resting = 0;
    let flight = null;
    let frames = 0;

    const wide = () => ({ width: Math.round(size.width * (1 + 2 * MARGIN)), height: Math.round(size.height * (1 + 2 * MARGIN)) });

    const render = () => {
      const begin = performance.now();
      const ground = wide();
      if (buffer.width !== Math.round(ground.width * ratio) || buffer.height !== Math.round(ground.height * ratio)) {
        buffer.width = Math.round(ground.width * ratio);
        buffer.height = Math.round(ground.height * ratio);
      }
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      const [left, top] = [(ground.width - size.width) / 2, (ground.height - size.height) / 2];
      drawn = kgScene.draw(pen, { ...look(), hasty }, camera, ground, { left, top, right: left + size.width, bottom: top + size.height });
      taken = camera;
      dirty = false;
      spent = performance.now() - begin;
      if (!hasty) cost = spent;
    };

    const show = () => {
      const ground = wide();
      const scale = camera.k / taken.k;
      const corner = kgCamera.toScreen(camera, size, taken.x - ground.width / 2 / taken.k, taken.y - ground.height / 2 / taken.k);
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.fillStyle = kgDom.css("--ground");
      ctx.fillRect(0, 0, canvas.width, canvas.height);
      ctx.drawImage(buffer, corner.x * ratio, corner.y * ratio, buffer.width * scale, buffer.height * scale);
      frames += 1;
    };

    // Whether the last picture still covers the stage.
    const covers = () => {
      if (!taken) return false;
      const scale = camera.k / taken.k;
      const [dx, dy] = [Math.abs(camera.x - taken.x) * camera.k, Math.abs(camera.y - taken.y) * camera.k];
      return scale > 0.55 && scale < 2.5 && dx <= size.width * (0.5 + MARGIN) * scale - size.width / 2 && dy <= size.height * (0.5 + MARGIN) * scale - size.height / 2;
    };

    let lastRender = 0;
    const tick = () => {
      frame = 0;
      if (!size.width || !size.height) return;
      if (flight) {
        const share = Math.min((performance.now() - flight.begin) / FLIGHT, 1);
        camera = kgCamera.between(flight.from, flight.to, share * share * (3 - 2 * share));
        if (share === 1) {
          flight = null;
          on.moved();
        }
      }
      const moved = taken && (taken.x !== camera.x || taken.y !== camera.y || taken.k !== camera.k);
      const now = performance.now();
      if (dirty || (moved && (cost < QUICK || (!covers() && now - lastRender > 4 * cost)))) {
        render();
        lastRender = performance.now();
      } else if (moved) rest();
      show();
      if (flight) request();
    };
    const request = () => {
      if (!frame) frame = requestAnimationFrame(tick);
    };
    const rest = () => {
      clearTimeout(resting);
      resting = setTimeout(() => {
        dirty = true;
        hasty = false;
        request();
      }, REST);
    };
    const redraw = (quickly = false) => {
      dirty = true;
      hasty = quickly && cost > SLOW;
      if (hasty) rest();
      request();
    };
    const look_ = (next, animate = false) => {
      if (animate && !still.matches && cost < 200) {
        flight = { from: camera, to: next, begin: performance.now() };
        request();
        return;
      }
      flight = null;
      camera = next;
      dirty = true;
      request();
      on.moved();
    };
    // For paper: at least so sharp, and drawn at once. The size on the screen stays, whatever the paper's.
    const sharpen = (wanted) => {
      if (!size.width) return;
      least = wanted;
      hasty = false;
      resize();
      render();
      show();
    };

    let least = 1; // pixels of the picture for each of the screen's, at least
    const resize = () => {
      ratio = Math.min(Math.max(window.devicePixelRatio || 1, least), 3);
      size = { width: host.clientWidth, height: host.clientHeight };
      canvas.width = Math.max(Math.round(size.width * ratio), 1);
      canvas.height = Math.max(Math.round(size.height * ratio), 1);
      redraw();
    };

    // A point of the stage on the picture in the buffer.
    const onPicture = (x, y) => {
      const at = kgCamera.toLayout(camera, size, x, y);
      return kgCamera.toScreen(taken, wide(), at.x, at.y);
    };
    const under = (x, y) => {
      if (!drawn) return null;
      const at = onPicture(x, y);
      return kgScene.hit(drawn, look(), at.x, at.y);
    };

    // ---- the hand ----
    const pointers = new Map();
    let start = null;
    let shaken = false;
    const local = (event) => {
      const frame_ = host.getBoundingClientRect();
      return { x: event.clientX - frame_.left, y: event.clientY - frame_.top };
    };
    const spread = () => {
      const [a, b] = [...pointers.values()];
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, d: Math.hypot(a.x - b.x, a.y - b.y) || 1 };
    };
    host.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      host.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, local(event));
      if (pointers.size === 1) {
        start = local(event);
        shaken = false;
      } else shaken = true;
    });
    let hovering = 0;
    host.addEventListener("pointermove", (event) => {
      const point = local(event);
      if (!pointers.has(event.pointerId)) {
        if (event.pointerType === "mouse" && !hovering) {
          hovering = requestAnimationFrame(() => {
            hovering = 0;
            const found = under(point.x, point.y);
            host.classList.toggle("pointing", Boolean(found));
            on.hover(cost < 60 ? found : null);
          });
        }
        return;
      }
      const before = pointers.size === 2 ? spread() : pointers.get(event.pointerId);
      if (!shaken && Math.hypot(point.x - start.x, point.y - start.y) < CLICK) return;
      shaken = true;
      flight = null;
      pointers.set(event.pointerId, point);
      if (pointers.size === 2) {
        const after = spread();
        camera = kgCamera.pan(kgCamera.zoom(camera, size, after.d / before.d, before.x, before.y), after.x - before.x, after.y - before.y);
      } else if (pointers.size === 1) camera = kgCamera.pan(camera, point.x - before.x, point.y - before.y);
      on.touched();
      request();
    });
    const release = (event) => {
      if (!pointers.delete(event.pointerId)) return;
      if (!shaken && event.type === "pointerup") {
        const point = local(event);
        on.pick(under(point.x, point.y));
      } else on.moved();
    };
    host.addEventListener("pointerup", release);
    host.addEventListener("pointercancel", release);
    host.addEventListener("pointerleave", () => on.hover(null));
    let wheeling = 0;
    const settled = () => {
      clearTimeout(wheeling);
      wheeling = setTimeout(on.moved, REST);
    };
    host.addEventListener("wheel", (event) => {
      event.preventDefault();
      const point = local(event);
      const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      flight = null;
      camera = kgCamera.zoom(camera, size, Math.exp(-Math.max(Math.min(step, 240), -240) * 0.0016), point.x, point.y);
      on.touched();
      request();
      settled();
    }, { passive: false });
    const press = (event) => {
      const moves = { ArrowLeft: [KEY_STEP, 0], ArrowRight: [-KEY_STEP, 0], ArrowUp: [0, KEY_STEP], ArrowDown: [0, -KEY_STEP] };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (moves[event.key]) camera = kgCamera.pan(camera, ...moves[event.key]);
      else if (event.key === "+" || event.key === "=") camera = kgCamera.zoom(camera, size, KEY_ZOOM, size.width / 2, size.height / 2);
      else if (event.key === "-") camera = kgCamera.zoom(camera, size, 1 / KEY_ZOOM, size.width / 2, size.height / 2);
      else return;
      event.preventDefault();
      flight = null;
      on.touched();
      request();
      settled();
    };
    host.addEventListener("keydown", press);

    resize();
    return {
      redraw, resize, under, sharpen, press,
      moveTo: look_,
      zoomBy: (factor) => look_(kgCamera.zoom(camera, size, factor, size.width / 2, size.height / 2), true),
      get camera() { return flight ? flight.to : camera; },
      get size() { return size; },
      get frames() { return frames; },
      get cost() { return cost; },
      get spent() { return spent; },
      // Where the names stand on the stage, by index of their node.
      get names() {
        const shift = (box) => ({ left: box.left - size.width * MARGIN, right: box.right - size.width * MARGIN, top: box.top - size.height * MARGIN, bottom: box.bottom - size.height * MARGIN });
        return new Map([...(drawn ? drawn.names : [])].map(([index, box]) => [index, shift(box)]));
      },
      middleOf: (index) => {
        const line = drawn.lines.find((each) => each.edge.index === index);
        const ground = wide();
        return { x: line.middle.x - (ground.width - size.width) / 2, y: line.middle.y - (ground.height - size.height) / 2 };
      },
      at: (index) => kgCamera.toScreen(camera, size, look().model.nodes[index].x, look().model.nodes[index].y),
      // The view as it stands, or as `seen` through another camera on a ground of another `room`, drawn anew on another pen, between bands that stay free.
      paint: (other, { scale = 1, seen = camera, room = size, top = 0, bottom = 0 } = {}) => {
        if (other.setTransform) other.setTransform(scale, 0, 0, scale, 0, 0);
        const sheet = { width: room.width, height: top + room.height + bottom };
        kgScene.draw(other, look(), { ...seen, y: seen.y + (bottom - top) / 2 / seen.k }, sheet, { left: 0, top, right: room.width, bottom: top + room.height });
      },
    };
  };

  return { create };
})();
