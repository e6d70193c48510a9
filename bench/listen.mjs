// Servers of benches: a free port of this machine, and an end that waits for nobody.

/**
 * Starts `server`.
 * @param {import("node:http").Server} server
 * @returns {Promise<{origin: string, close: () => void}>}
 */
export async function listen(server) {
  await new Promise((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}
