// The interactive maps: layers of pixels, tracks and polygons from the data in the page, drawn with Leaflet.
// Places are in units of the map: 512 of them along its longer side, from its lower left corner.
(() => {
  "use strict";
  const make = (tag, text, parent, attributes = {}) => {
    const e = document.createElement(tag);
    if (text) e.textContent = text;
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    if (parent) parent.append(e);
    return e;
  };
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  // The ends of a ramp with three significant digits, or as many as part them.
  const ends = (limits) => {
    const told = (digits) => limits.map((v) => String(Number(v.toPrecision(digits))));
    const digits = [3, 4, 5, 6, 7].find((n) => told(n)[0] !== told(n)[1]) || 7;
    return told(digits).map((text) => text.replace("-", "−"));
  };
  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

  // The numbers of a reading; the highest of the width is no data.
  const unpack = async (reading) => {
    const stream = new Blob([bytes(reading.data)]).stream().pipeThrough(new DecompressionStream("gzip"));
    const raw = new Uint8Array(await new Response(stream).arrayBuffer());
    reading.missing = 2 ** reading.bits - 1;
    reading.numbers = raw;
    if (reading.bits === 16) {
      reading.numbers = new Uint16Array(raw.length / 2);
      for (let i = 0; i < reading.numbers.length; i++) reading.numbers[i] = raw[2 * i] | (raw[2 * i + 1] << 8);
    }
    delete reading.data;
    // As many decimals as tell a thousandth of the range apart, and no more than the steps that are kept.
    const range = reading.step * (reading.missing - 1), kept = Math.ceil(-Math.log10(reading.step));
    reading.digits = reading.classes ? 0 : Math.max(0, Math.min(kept, 3 - Math.floor(Math.log10(range)), 9));
  };

  // The colour of 0...1 on the ramp.
  const onRamp = (ramp, t) => {
    const place = Math.min(1, Math.max(0, t)) * (ramp.length - 1), low = Math.min(Math.floor(place), ramp.length - 2);
    return [0, 1, 2].map((i) => Math.round(ramp[low][i] + (ramp[low + 1][i] - ramp[low][i]) * (place - low)));
  };

  // The colour of every number of a reading, as the layer shows it; undefined is transparent.
  const colours = (data, layer, reading) => {
    if (layer.kind === "classes") {
      const found = [];
      for (const c of reading.classes) found[c.code - reading.low] = rgb(c.color);
      return (number) => found[number];
    }
    if (layer.kind === "share") {
      const color = rgb(layer.color);
      return (number) => (reading.low + reading.step * number > 0 ? color : undefined);
    }
    const ramp = rampOf(data, layer).map(rgb), [low, high] = layer.limits, known = new Map();
    return (number) => {
      if (!known.has(number)) known.set(number, onRamp(ramp, (reading.low + reading.step * number - low) / (high - low)));
      return known.get(number);
    };
  };

  // A picture of one band goes from black to white.
  const rampOf = (data, layer) => (layer.grey ? ["#000000", "#ffffff"] : data.ramp);

  const paint = async (data, layer) => {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    if (layer.kind === "image") {
      const picture = new Image();
      picture.src = "data:image/jpeg;base64," + layer.picture;
      await picture.decode();
      [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
      pen.drawImage(picture, 0, 0);
      delete layer.picture;
      return canvas;
    }
    const reading = data.readings[layer.reading], color = colours(data, layer, reading);
    [canvas.width, canvas.height] = [reading.width, reading.height];
    const image = pen.createImageData(reading.width, reading.height);
    reading.numbers.forEach((number, i) => {
      const c = number === reading.missing ? undefined : color(number);
      if (c) image.data.set([c[0], c[1], c[2], 255], 4 * i);
    });
    pen.putImageData(image, 0, 0);
    return canvas;
  };

  // An opaque ground below every valid pixel: through a layer that is half clear shows no hatching, which means no data.
  const ground = (reading) => {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    [canvas.width, canvas.height] = [reading.width, reading.height];
    const image = pen.createImageData(reading.width, reading.height);
    reading.numbers.forEach((number, i) => number !== reading.missing && image.data.set([255, 255, 255, 255], 4 * i));
    pen.putImageData(image, 0, 0);
    return canvas;
  };

  // Swatches or a bar that tell what the colours of a layer mean.
  const legend = (data, layer, entries, parent) => {
    if (layer.kind === "ramp") {
      const bar = make("span", "", parent, { class: "bar" });
      const [low, high] = ends(layer.limits);
      make("span", low, bar);
      make("i", "", bar).style.background = `linear-gradient(90deg, ${rampOf(data, layer).join(", ")})`;
      make("span", `${high} ${data.readings[layer.reading].unit}`.trim(), bar);
      return;
    }
    for (const entry of entries) {
      const item = make("span", "", parent, { class: "key" });
      make("i", "", item).style.background = entry.color;
      make("span", entry.label, item);
    }
  };

  // Longitude and latitude between the nodes of the net; undefined where the map has no place.
  const geographic = (data, x, y) => {
    if (!data.normals) return undefined;
    const n = Math.sqrt(data.normals.length / 3), [x0, y0, x1, y1] = data.bounds;
    const [u, v] = [((x - x0) / (x1 - x0)) * (n - 1), ((y - y0) / (y1 - y0)) * (n - 1)];
    const [i, j] = [u, v].map((t) => Math.min(n - 2, Math.max(0, Math.floor(t))));
    const node = (k, a, b) => data.normals[3 * ((j + b) * n + i + a) + k];
    const mix = (k) => [[0, 0], [1, 0], [0, 1], [1, 1]]
      .reduce((sum, [a, b]) => sum + node(k, a, b) * (a ? u - i : 1 - u + i) * (b ? v - j : 1 - v + j), 0);
    const normal = [mix(0), mix(1), mix(2)];
    if (Math.hypot(...normal) < 0.5) return undefined;
    return [Math.atan2(normal[1], normal[0]), Math.atan2(normal[2], Math.hypot(normal[0], normal[1]))]
      .map((angle) => (angle * 180) / Math.PI);
  };
  // The equator, Greenwich and the meridian opposite of it belong to neither side.
  const degrees = (v, plus, minus) => {
    const text = Math.abs(v).toFixed(4);
    return Number(text) === 0 || Number(text) === 180 ? `${text}°` : `${text}° ${v < 0 ? minus : plus}`;
  };

  // What a reading says at a place: its value, "no data", or undefined outside.
  const read = (reading, x, y) => {
    const [x0, y0, x1, y1] = reading.bounds;
    const column = Math.floor(((x - x0) / (x1 - x0)) * reading.width), row = Math.floor(((y1 - y) / (y1 - y0)) * reading.height);
    if (column < 0 || row < 0 || column >= reading.width || row >= reading.height) return undefined;
    const number = reading.numbers[row * reading.width + column];
    if (number === reading.missing) return "no data";
    const value = reading.low + reading.step * number;
    if (!reading.classes) return `${value.toFixed(reading.digits).replace("-", "−")} ${reading.unit}`.trim();
    const entry = reading.classes.find((c) => c.code === value);
    return entry ? `${entry.label} (${value})` : String(value);
  };

  const start = async (box) => {
    const data = JSON.parse(box.querySelector("script").textContent);
    const view = box.querySelector(".view"), list = box.querySelector(".layers"), told = box.querySelector(".told");
    await Promise.all(data.readings.map(unpack));
    box.hidden = false;
    const [x0, y0, x1, y1] = data.bounds, unit = Math.max(x1 - x0, y1 - y0) / 512;
    const at = (x, y) => L.latLng((y - y0) / unit, (x - x0) / unit);
    const box2 = ([a, b, c, d]) => L.latLngBounds(at(a, b), at(c, d));
    // At first the part with values is seen, where it is small.
    const first = data.start || data.bounds;
    view.style.aspectRatio = String(Math.min(2, Math.max(0.75, (first[2] - first[0]) / (first[3] - first[1]))));
    const whole = box2(data.bounds);
    const map = L.map(view, {
      crs: L.CRS.Simple, minZoom: -3, maxZoom: 8, zoomSnap: 0.25, zoomControl: false, attributionControl: false,
      preferCanvas: true, scrollWheelZoom: false, maxBounds: whole.pad(0.5), zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    const fit = () => map.fitBounds(whole, { animate: false });
    map.fitBounds(box2(first), { animate: false });
    // The wheel scrolls the page until the map is chosen.
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    if (data.metres && Math.abs(data.metres - 1) < 0.01) {
      const bar = L.control({ position: "bottomleft" });
      bar.onAdd = () => (bar.sign = make("div", "", null, { class: "scale" }));
      bar.addTo(map);
      const measure = () => {
        const pixel = unit / map.options.crs.scale(map.getZoom()), most = 120 * pixel, power = 10 ** Math.floor(Math.log10(most));
        const length = power * (most / power >= 5 ? 5 : most / power >= 2 ? 2 : 1);
        bar.sign.textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`;
        bar.sign.style.width = `${length / pixel}px`;
      };
      map.on("zoomend", measure);
      measure();
    }

    // Layers: pixels from below to above, then polygons and points.
    const upper = [];
    // A pane of their own keeps them below the vectors, whenever they are switched on.
    map.createPane("pixels").style.zIndex = 350;
    map.createPane("ground").style.zIndex = 340;
    const choice = (name, note, isOn, show, kind) => {
      const label = make("label", "", list), tick = make("input", "", label, { type: "checkbox" });
      make("span", name, label, { title: note || name });
      tick.checked = isOn;
      tick.addEventListener("change", () => show(tick.checked));
      const keys = make("div", "", list, { class: "keys" });
      if (note) make("small", note, keys);
      if (isOn) show(true);
      label.dataset.kind = kind;
      return keys;
    };
    let height = 1;
    for (const layer of data.layers) {
      const canvas = await paint(data, layer), isUpper = layer.kind !== "image" && !layer.grey;
      const overlay = L.svgOverlay(canvas, box2(layer.bounds), { pane: "pixels", opacity: layer.kind === "classes" ? 0.6 : 1 });
      const order = height++;
      if (isUpper) upper.push(overlay);
      const below = isUpper ? L.svgOverlay(ground(data.readings[layer.reading]), box2(layer.bounds), { pane: "ground" }) : null;
      const sharpen = () => {
        for (const one of [canvas, below && below.getElement()]) {
          if (one) one.classList.toggle("pixels", one.getBoundingClientRect().width > one.width);
        }
      };
      map.on("zoomend", sharpen);
      const show = (isOn) => {
        if (below) isOn ? below.addTo(map) : below.remove();
        isOn ? (overlay.addTo(map).setZIndex(order), sharpen()) : overlay.remove();
      };
      const keys = choice(layer.name, layer.note, layer.on, show, layer.kind);
      const reading = data.readings[layer.reading];
      // Of the classes those that occur.
      const seen = new Set(layer.kind === "classes" ? reading.numbers : []);
      legend(data, layer, layer.kind === "classes" ? reading.classes.filter((c) => seen.has(c.code - reading.low)) : [], keys);
    }
    const marks = [];
    for (const layer of data.vectors) {
      const group = L.featureGroup(), isPoints = layer.kind === "points";
      const items = layer.places.map((p, i) => {
        const color = layer.group[i] < 0 ? data.bare : layer.groups[layer.group[i]].color;
        // A point's numbers, or those of each ring of a polygon, the outer one first.
        const rings = (isPoints ? [p] : p).map((numbers) => {
          const corners = [];
          for (let k = 0; k + 1 < numbers.length; k += 2) corners.push(at(numbers[k], numbers[k + 1]));
          return corners;
        });
        const item = isPoints
          ? L.circleMarker(rings[0][0], {
            radius: layer.ringed ? 4 : 3, stroke: layer.ringed, color: "#000", weight: 1, fillColor: color, fillOpacity: 1, interactive: false,
          })
          : L.polygon(rings, { color: "#000", weight: 1, fillColor: color, fillOpacity: layer.groups.length ? 0.35 : 0, interactive: false });
        item.addTo(group);
        return { rings, item };
      });
      marks.push({ layer, group, items, isPoints });
      const show = (isOn) => (isOn ? group.addTo(map) : group.remove());
      const isBare = layer.groups.length > 0 && layer.group.some((g) => g < 0);
      const entries = isBare ? [...layer.groups, { label: "Without class", color: data.bare }] : layer.groups;
      legend(data, layer, entries, choice(layer.name, layer.note, layer.on, show, layer.kind));
    }
    const slider = box.querySelector("input[type=range]");
    slider.closest("label").hidden = upper.length === 0;
    slider.addEventListener("input", () => upper.forEach((overlay) => overlay.setOpacity(slider.value / 100)));

    // The record nearest to the pointer, or the polygon below it.
    const found = (mark, point, place) => {
      if (!map.hasLayer(mark.group)) return -1;
      let best = -1, distance = 10;
      mark.items.forEach(({ rings, item }, i) => {
        if (mark.isPoints) {
          const d = map.latLngToContainerPoint(rings[0][0]).distanceTo(point);
          if (d < distance) [best, distance] = [i, d];
        } else if (item.getBounds().contains(place) && rings.filter((ring) => inside(ring, place)).length % 2) best = i;
      });
      return best;
    };
    const inside = (ring, p) => {
      let isIn = false;
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const a = ring[i], b = ring[j];
        if (a.lat > p.lat !== b.lat > p.lat && p.lng < ((b.lng - a.lng) * (p.lat - a.lat)) / (b.lat - a.lat) + a.lng) isIn = !isIn;
      }
      return isIn;
    };
    const tell = (place, point) => {
      const x = x0 + place.lng * unit, y = y0 + place.lat * unit, rows = [];
      const decimals = data.metres ? 0 : 4, p = geographic(data, x, y);
      rows.push([data.crs || "Place", `${x.toFixed(decimals)}, ${y.toFixed(decimals)}`]);
      if (p) rows.push(["Latitude, longitude", `${degrees(p[1], "N", "S")}, ${degrees(p[0], "E", "W")}`]);
      for (const reading of data.readings) {
        const value = read(reading, x, y);
        if (value !== undefined) rows.push([reading.name, value]);
      }
      for (const mark of marks) {
        const i = found(mark, point, place);
        if (i < 0) continue;
        const { layer } = mark, group = layer.group[i];
        const parts = group >= 0 ? [layer.groups[group].label] : [];
        for (const c of layer.columns) if (c.values[i] !== null) parts.push(`${c.name} ${c.values[i]} ${c.unit}`.trim());
        if (parts.length) rows.push([layer.name, parts.join(", ")]);
      }
      told.replaceChildren(...rows.map(([name, value]) => {
        const row = make("div");
        make("dt", name, row);
        make("dd", value, row);
        return row;
      }));
    };
    map.on("mousemove click", (e) => tell(e.latlng, e.containerPoint));
    // By keyboard the middle of the map is read.
    map.on("moveend", () => {
      if (document.activeElement === view && view.matches(":focus-visible")) tell(map.getCenter(), map.getSize().divideBy(2));
    });
    const buttons = { in: () => map.zoomIn(1), out: () => map.zoomOut(1), whole: fit };
    for (const [name, action] of Object.entries(buttons)) box.querySelector(`[data-do=${name}]`).addEventListener("click", action);
    new ResizeObserver(() => map.invalidateSize()).observe(view);
    box.dataset.state = "ready";
  };

  for (const box of document.querySelectorAll(".moving")) {
    start(box).catch((fault) => {
      box.hidden = false;
      box.dataset.state = "failed";
      box.querySelector(".told").textContent = `This browser cannot show the map (${fault.message}); the still maps below show the same.`;
    });
  }
})();
