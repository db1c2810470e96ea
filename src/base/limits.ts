/**
 * Every bound on what a client, a file or the clock can make grow: a name, a value and the reason. Bounds that Apache Kafka has as
 * a setting live in config/ under Kafka's name; here is what has no setting.
 */

export const limits = {} as const;
