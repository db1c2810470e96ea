/** Uuids as Kafka writes them: 22 characters, base64 with the URL alphabet and without padding. */

export const UUID_BYTES = 16;

/** Stands for "no id". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';
