// Between the layout's pixels and the screen's: a camera is {x, y, k}, the point of the layout in the middle and the scale.
"use strict";

const kgCamera = (() => {
  const MIN_SCALE = 0.005;
  const MAX_SCALE = 8;

  const toScreen = (camera, size, x, y) => ({ x: (x - camera.x) * camera.k + size.width / 2, y: (y - camera.y) * camera.k + size.height / 2 });
  const toLayout = (camera, size, x, y) => ({ x: (x - size.width / 2) / camera.k + camera.x, y: (y - size.height / 2) / camera.k + camera.y });

  const pan = (camera, dx, dy) => ({ ...camera, x: camera.x - dx / camera.k, y: camera.y - dy / camera.k });

  // Zooms so that what lies under the screen point (x, y) stays there.
  const zoom = (camera, size, factor, x, y) => {
    const k = Math.min(Math.max(camera.k * factor, MIN_SCALE), MAX_SCALE);
    const fixed = toLayout(camera, size, x, y);
    return { x: fixed.x - (x - size.width / 2) / k, y: fixed.y - (y - size.height / 2) / k, k };
  };

  // The camera that shows all the points within `pad` {side, top, bottom} of the edges, at most at `limit`.
  const fit = (points, size, pad, limit) => {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const point of points) {
      left = Math.min(left, point.x);
      right = Math.max(right, point.x);
      top = Math.min(top, point.y);
      bottom = Math.max(bottom, point.y);
    }
    const room = { x: Math.max(size.width - 2 * pad.side, 60), y: Math.max(size.height - pad.top - pad.bottom, 60) };
    const k = Math.max(Math.min(room.x / Math.max(right - left, 1), room.y / Math.max(bottom - top, 1), limit), MIN_SCALE);
    return { x: (left + right) / 2, y: (top + bottom) / 2 + (pad.bottom - pad.top) / 2 / k, k };
  };

  const between = (a, b, share) => ({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share, k: a.k * (b.k / a.k) ** share });

  return { toScreen, toLayout, pan, zoom, fit, between };
})();
