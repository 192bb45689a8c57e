import { describe, expect, it } from 'vitest';
import { FakeServer, IAsked } from '../../__tests__/fakes';
import { ForgetFormModel } from '../forget';
import { secretsIn } from '../redactions';

const NOTHING = { cellId: null, runIds: [], names: [] };

function serverThatForgets(): FakeServer {
  return new FakeServer().on('post', '/forget', () => ({
    executions: 2,
    outputs: 3,
    freed_bytes: 10,
    beyond: []
  }));
}

const dryRuns = (server: FakeServer) =>
  server.requests('/forget').map(each => (each as IAskedToForget).body.dry_run);

interface IAskedToForget extends IAsked {
  readonly body: { dry_run: boolean; run_ids: string[]; secret: string | null };
}

describe('ForgetFormModel', () => {
  it('erases nothing before it was said what that takes', async () => {
    const server = serverThatForgets();
    const form = new ForgetFormModel(server.client, NOTHING);
    form.set({ by: 'secret', secret: 'xyzzy' });
    const asked = dryRuns(server).length;
    expect(await form.submit()).toBe(false);
    expect(form.preview?.executions).toBe(2);
    expect(await form.submit()).toBe(true);
    expect(form.answer?.outputs).toBe(3);
    expect(dryRuns(server).slice(asked)).toEqual([true, false]);
    form.dispose();
  });

  it('asks anew when something else is to be forgotten', async () => {
    const server = serverThatForgets();
    const form = new ForgetFormModel(server.client, {
      cellId: null,
      runIds: ['a', 'b'],
      names: ['first', 'second']
    });
    expect(form.fields.by).toBe('run');
    await form.look();
    form.set({ by: 'secret', secret: 'xyzzy' });
    expect(form.preview).toBeNull();
    const bodies = server
      .requests('/forget')
      .map(each => (each as IAskedToForget).body);
    expect(bodies[0].run_ids).toEqual(['a', 'b']);
    expect(bodies.every(body => body.secret === null)).toBe(true);
    form.dispose();
  });

  it('says why nobody can tell, and stays open', async () => {
    const server = new FakeServer().on('post', '/forget', () => {
      throw new Error('A version came from it.');
    });
    const form = new ForgetFormModel(server.client, NOTHING);
    expect(await form.submit()).toBe(false);
    expect(form.trouble).toBe('A version came from it.');
    form.dispose();
  });
});

describe('secretsIn', () => {
  it('counts marks with their kinds', () => {
    const text = 'a [redacted] b [redacted: AWS key] c [other]';
    expect(secretsIn(text)).toEqual([null, 'AWS key']);
  });
});
