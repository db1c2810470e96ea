import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsDocument, writtenDocument } from './settings-doc.ts';

test('docs/settings.md is what the tables say now (npm run docs:settings writes it)', () => {
  assert.equal(writtenDocument(), settingsDocument());
});
