/** What a member says about itself in a JoinGroup, and how its group takes that over. */
import { Buffer } from 'node:buffer';
import type { JoinGroup } from '../../../protocol/messages/join-group.ts';
import type { RequestOf } from '../../../protocol/schema.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember, MemberProtocol } from './classic-member.ts';

export type JoinRequest = RequestOf<typeof JoinGroup>;

/** With bytes that outlive the request. */
export interface JoinTerms {
  readonly protocols: readonly MemberProtocol[];
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
}

export function termsOf({ protocols, rebalanceTimeoutMs, sessionTimeoutMs }: JoinRequest): JoinTerms {
  const byName = new Map<string, MemberProtocol>();
  for (const { name, metadata } of protocols) {
    // The bytes are a view of the request; they are kept longer than it. Of a name given twice the first counts.
    if (!byName.has(name)) byName.set(name, { name, metadata: Buffer.from(metadata) });
  }
  return {
    protocols: [...byName.values()],
    // Version 0 has no rebalance timeout; there the session's stood for both.
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    sessionTimeoutMs,
  };
}

export function acceptTerms(group: ClassicGroup, member: ClassicMember, terms: JoinTerms): void {
  group.setProtocols(member, terms.protocols);
  member.rebalanceTimeoutMs = terms.rebalanceTimeoutMs;
  member.sessionTimeoutMs = terms.sessionTimeoutMs;
}
