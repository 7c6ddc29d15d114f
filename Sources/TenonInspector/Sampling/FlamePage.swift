/// A flame graph as one page that needs nothing else: no network, no other file.
struct FlamePage {
  private final class Frame {
    let name: String
    var weight: UInt64 = 0
    var inner: [String: Frame] = [:]
    var order: [Frame] = []

    init(_ name: String) { self.name = name }

    func child(_ name: String) -> Frame {
      if let known = inner[name] { return known }
      let child = Frame(name)
      inner[name] = child
      order.append(child)
      return child
    }
  }

  let text: String

  init(_ flame: Flame) {
    let root = Frame("all")
    var (places, names) = ([String: Int](), [String]())
    for stack in flame.stacks {
      var frame = root
      root.weight += stack.weight
      for name in stack.names {
        frame = frame.child(name)
        frame.weight += stack.weight
        if places[name] == nil {
          places[name] = names.count
          names.append(name)
        }
      }
    }
    var json = Json()
    json.object {
      $0.value("title", flame.title)
      $0.array("names") { for name in names { $0.value(nil, name) } }
      // In order of depth first: a name's place, nanoseconds, how many are inside.
      $0.array("frames") { json in
        var rest = Array(FlamePage.sorted(root).reversed())
        while let frame = rest.popLast() {
          json.value(nil, places[frame.name] ?? 0)
          json.value(nil, Int(frame.weight))
          json.value(nil, frame.order.count)
          rest += FlamePage.sorted(frame).reversed()
        }
      }
    }
    // In a script no tag begins, or ends.
    let data = String(json.text.flatMap { $0 == "<" ? Array("\\u003c") : [$0] })
    text = FlamePage.head + data + FlamePage.tail
  }

  private static func sorted(_ frame: Frame) -> [Frame] {
    frame.order.sorted { ($1.weight, $0.name) < ($0.weight, $1.name) }
  }

  private static let head = """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width">
    <title>tenon flame</title>
    <style>
      :root { color-scheme: light dark; font: 13px system-ui, sans-serif }
      body { margin: 12px }
      h1 { font-size: 16px; margin: 0 0 8px }
      #bar { display: flex; gap: 8px; flex-wrap: wrap; margin-bottom: 8px; align-items: center }
      #calls { border-collapse: collapse; margin-bottom: 12px }
      #calls td { padding: 2px 12px 2px 0; cursor: pointer }
      #calls td:last-child { text-align: right; font-variant-numeric: tabular-nums }
      #graph { position: relative }
      .frame { position: absolute; height: 17px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; box-sizing: border-box;
        padding: 0 3px; font-size: 11px; line-height: 17px; border-right: 1px solid Canvas; color: #111; cursor: pointer }
      .frame.faint { opacity: .35 }
      .frame.found { outline: 2px solid #c0f; outline-offset: -2px }
      #said { min-height: 1.4em }
    </style>
    <h1></h1>
    <div id="bar"><input id="search" type="search" placeholder="search functions" aria-label="search functions">
    <button id="reset">whole graph</button><span id="said"></span></div>
    <table id="calls"></table>
    <div id="graph"></div>
    <script type="application/json" id="data">
    """

  private static let tail = #"""
    </script>
    <script>
      "use strict";
      const data = JSON.parse(document.getElementById("data").textContent);
      // The tree again: what each frame is in, where it begins, how deep it is.
      const frames = [], roots = [];
      for (let at = 0, stack = []; at < data.frames.length; at += 3) {
        while (stack.length && stack[stack.length - 1].left === 0) stack.pop();
        const outer = stack[stack.length - 1];
        const frame = { name: data.names[data.frames[at]], weight: data.frames[at + 1], left: data.frames[at + 2], outer,
          depth: stack.length, start: outer ? outer.next : (roots.length ? roots[roots.length - 1].end : 0) };
        frame.next = frame.start;
        frame.end = frame.start + frame.weight;
        if (outer) { outer.left--; outer.next = frame.end; } else roots.push(frame);
        frames.push(frame);
        stack.push(frame);
      }
      const total = roots.length ? roots[roots.length - 1].end : 1;
      const depth = Math.max(0, ...frames.map((frame) => frame.depth)) + 1;
      const graph = document.getElementById("graph"), said = document.getElementById("said");
      const say = (frame) => `${frame.name}: ${(frame.weight / 1e6).toFixed(1)} ms, ${(100 * frame.weight / total).toFixed(1)} %`;
      const colour = (name) => {
        let hash = 0;
        for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) | 0;
        return `hsl(${20 + Math.abs(hash) % 40} 85% ${62 + Math.abs(hash >> 8) % 14}%)`;
      };
      let focus = null, wanted = "";
      function draw() {
        const [start, end] = focus ? [focus.start, focus.end] : [0, total];
        const shown = [];
        for (const frame of frames) {
          if (frame.end <= start || frame.start >= end) continue;
          const left = Math.max(frame.start, start), width = (Math.min(frame.end, end) - left) / (end - start) * 100;
          // Narrower than anybody sees.
          if (width < 0.04) continue;
          const box = document.createElement("div");
          box.className = "frame" + (focus && frame.depth < focus.depth ? " faint" : "")
            + (wanted && frame.name.toLowerCase().includes(wanted) ? " found" : "");
          box.style.cssText = `left:${(left - start) / (end - start) * 100}%;width:${width}%;top:${frame.depth * 18}px;background:${colour(frame.name)}`;
          box.textContent = frame.name;
          box.title = say(frame);
          box.onclick = () => { focus = focus === frame ? null : frame; draw(); };
          shown.push(box);
        }
        graph.style.height = `${depth * 18}px`;
        graph.replaceChildren(...shown);
        const found = new Set(frames.filter((frame) => wanted && frame.name.toLowerCase().includes(wanted)));
        // Each time once, where one is inside another one.
        const outermost = [...found].filter((frame) => {
          for (let outer = frame.outer; outer; outer = outer.outer) if (found.has(outer)) return false;
          return true;
        });
        const sum = outermost.reduce((sum, frame) => sum + frame.weight, 0);
        said.textContent = wanted ? `${(100 * sum / total).toFixed(1)} % in ${found.size} places` : focus ? say(focus) : "";
      }
      document.querySelector("h1").textContent = document.title = data.title;
      document.getElementById("search").oninput = (event) => { wanted = event.target.value.toLowerCase(); draw(); };
      document.getElementById("reset").onclick = () => { focus = null; draw(); };
      document.getElementById("calls").replaceChildren(...roots.map((root) => {
        const row = document.createElement("tr");
        for (const text of [root.name, `${(root.weight / 1e6).toFixed(1)} ms`, `${(100 * root.weight / total).toFixed(1)} %`]) {
          const cell = document.createElement("td");
          cell.textContent = text;
          row.append(cell);
        }
        row.onclick = () => { focus = root; draw(); };
        return row;
      }));
      draw();
    </script>
    </html>

    """#
}
