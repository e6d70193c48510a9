/** Whether the encoder may be fetched without being asked for: what `encoder: "auto"` minds. */

/** Below this much memory, in GiB as `navigator.deviceMemory` rounds it, the encoder is not fetched by itself. */
const LEAST_MEMORY = 2;

/** What browsers tell about connection and memory; Chromium does, others leave it out. */
export interface Conditions {
  readonly connection?: { readonly saveData?: boolean; readonly effectiveType?: string };
  readonly deviceMemory?: number;
}

/** Whether a large download in idle time would be a burden here. */
export function isBurden({ connection, deviceMemory }: Conditions): boolean {
  const slow = connection?.effectiveType === "slow-2g" || connection?.effectiveType === "2g";
  return connection?.saveData === true || slow || (deviceMemory !== undefined && deviceMemory < LEAST_MEMORY);
}
