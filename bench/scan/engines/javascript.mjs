// Plain JavaScript: the dot product with every vector, and the ten best.

export function create({ dimensions, rows }) {
  const vectors = new Float32Array(rows * dimensions);
  return {
    add(chunk, row) {
      vectors.set(chunk, row * dimensions);
    },
    search(query, k) {
      const ids = new Uint32Array(k);
      const scores = new Float64Array(k).fill(-Infinity);
      for (let row = 0, at = 0; row < rows; row += 1) {
        let [a, b, c, d] = [0, 0, 0, 0];
        for (let i = 0; i < dimensions; i += 4, at += 4) {
          a += vectors[at] * query[i];
          b += vectors[at + 1] * query[i + 1];
          c += vectors[at + 2] * query[i + 2];
          d += vectors[at + 3] * query[i + 3];
        }
        const score = a + b + (c + d);
        if (score <= scores[k - 1]) continue;
        let place = k - 1;
        for (; place > 0 && scores[place - 1] < score; place -= 1) {
          scores[place] = scores[place - 1];
          ids[place] = ids[place - 1];
        }
        scores[place] = score;
        ids[place] = row;
      }
      return ids;
    },
    bytes: () => vectors.byteLength,
  };
}
