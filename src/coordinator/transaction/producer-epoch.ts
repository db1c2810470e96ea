/** The epochs of a producer id: 0 to 32766 are for clients. 32767 is left to the coordinator, so that the last one can be fenced as well. */

const EPOCH_MAX = 32_767;

/** No client gets another epoch of this producer id. */
export function isExhausted(epoch: number): boolean {
  return epoch >= EPOCH_MAX - 1;
}

/** May be given to a client. */
export function isForClients(epoch: number): boolean {
  return epoch < EPOCH_MAX;
}

/** The last one that a client can have had. */
export const LAST_CLIENT_EPOCH = EPOCH_MAX - 1;
