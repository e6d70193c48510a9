// The `keep` best of each run of 1,024 entries, best first: higher keys, of equal ones the lower row.
//
// A bitonic sort (Batcher, 1968) in workgroup memory. Dispatched again on what it leaves until one run is left.
//
// group 0   0 {entries N, keep, width} uniform   1 entries u32[N,2] (key, row) read   2 kept u32[ceil(N / 1024),keep,2] write
// dispatch  (ceil(N / 1024) in rows of `width` groups)     WG  256
// invariant keep <= 512, so that each pass leaves half at most; (0, 0xffffffff) is no entry and fills what is left over

const RUN = 1024u;
const WG = 256u;

struct Shape {
  entries: u32,
  keep: u32,
  // Workgroups along x.
  width: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> entries: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> kept: array<vec2<u32>>;

var<workgroup> run: array<vec2<u32>, RUN>;

fn is_behind(a: vec2<u32>, b: vec2<u32>) -> bool {
  return a.x < b.x || (a.x == b.x && a.y > b.y);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let number = group.y * shape.width + group.x;
  for (var at = thread; at < RUN; at += WG) {
    let index = number * RUN + at;
    var entry = vec2<u32>(0u, 0xffffffffu);
    if (index < shape.entries) {
      entry = entries[index];
    }
    run[at] = entry;
  }
  workgroupBarrier();
  for (var size = 2u; size <= RUN; size *= 2u) {
    for (var step = size / 2u; step > 0u; step /= 2u) {
      for (var pair = thread; pair < RUN / 2u; pair += WG) {
        let low = pair / step * step * 2u + pair % step;
        let high = low + step;
        let a = run[low];
        let b = run[high];
        // Runs of `size` are sorted this way and that way in turn.
        if (is_behind(a, b) == ((low & size) == 0u)) {
          run[low] = b;
          run[high] = a;
        }
      }
      workgroupBarrier();
    }
  }
  if (number * RUN < shape.entries) {
    for (var at = thread; at < shape.keep; at += WG) {
      kept[number * shape.keep + at] = run[at];
    }
  }
}
